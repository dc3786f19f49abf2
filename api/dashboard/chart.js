// A line of prices over time, as SVG. What it shows is also in the table under it.

import { el } from "./dom.js";
import { price, when } from "./format.js";

const BOTTOM = 26;
const DIGIT = 7.6; // how wide a character of an axis is, at most
const GAP = 3; // more than so many intervals without a price are not bridged by a line

function svg(name, attributes = {}, text = null) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== null) element.textContent = text;
  return element;
}

/** Three to five round numbers from `low` to `high`. */
function ticks(low, high) {
  const rough = (high - low) / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * unit).find((each) => each >= rough);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high; at += 1) found.push(at * step);
  return found;
}

function scale([low, high], [start, end]) {
  return (value) => start + ((value - low) / (high - low || 1)) * (end - start);
}

/** Plain decimals of a number on an axis: String() would write small ones with an exponent. */
function plain(value) {
  return value.toFixed(Math.min(100, Math.max(0, 8 - Math.floor(Math.log10(Math.abs(value) || 1)))));
}

/**
 * Draw `points`, `{at, value, text, sources, filed}` in the order of time (milliseconds, number, decimal string, words,
 * whether from files alone), into `frame`, and again when its width changes. `interval` is the time between two of them.
 */
export function draw(frame, points, interval) {
  const again = () => drawOnce(frame, points, interval);
  drawn.get(frame)?.disconnect();
  drawn.set(frame, new ResizeObserver(again));
  drawn.get(frame).observe(frame);
  again();
}

const drawn = new WeakMap();

function drawOnce(frame, points, interval) {
  if (points.length === 0) {
    frame.replaceChildren(el("div", { class: "blank" }, "No price in this time."));
    return;
  }
  const style = getComputedStyle(frame);
  const width = Math.max(240, frame.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
  const height = width < 500 ? 220 : 300;
  const values = points.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = (most - least || most) * 0.08;
  const bounds = [least - room, most + room];
  const marks = ticks(...bounds).map((value) => [value, price(plain(value))]);
  const box = { left: 12 + DIGIT * Math.max(...marks.map(([, text]) => text.length)), right: width, bottom: height - BOTTOM };
  const x = scale([points[0].at, points.at(-1).at], points.length > 1 ? [box.left, width - 6] : [width / 2, width / 2]);
  const y = scale(bounds, [box.bottom, 8]);
  const first = points[0].text;
  const label = `Price from ${when(points[0].at)} to ${when(points.at(-1).at)}: first ${price(first)}, last ${price(points.at(-1).text)}`;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label, tabindex: 0 });
  for (const [value, text] of marks) {
    picture.append(svg("line", { class: "grid", x1: box.left, x2: width, y1: y(value), y2: y(value) }));
    picture.append(svg("text", { class: "tick", x: box.left - 10, y: y(value) + 4, "text-anchor": "end" }, text));
  }
  dates(picture, points, x, interval, box);
  for (const part of parts(points, interval)) {
    const kind = part.at(-1).filed ? " filed" : "";
    if (part.length > 1) picture.append(svg("path", { class: `line${kind}`, d: `M${part.map((each) => `${x(each.at).toFixed(1)},${y(each.value).toFixed(1)}`).join("L")}` }));
    else picture.append(svg("circle", { class: "dot", cx: x(part[0].at), cy: y(part[0].value), r: 3 }));
  }
  readable(picture, points, x, y, box);
  frame.replaceChildren(picture);
}

/** The stretches of points without a gap, each of one kind: from files alone or not. They meet where the kind changes. */
function parts(points, interval) {
  const found = [[points[0]]];
  for (const point of points.slice(1)) {
    const last = found.at(-1).at(-1);
    if (point.at - last.at > GAP * interval) found.push([]);
    else if (point.filed !== last.filed) found.push([last]);
    found.at(-1).push(point);
  }
  return found;
}

function dates(picture, points, x, interval, box) {
  const [start, end] = [points[0].at, points.at(-1).at];
  const steps = end === start ? [0.5] : box.right < 500 ? [0, 1] : [0, 0.25, 0.5, 0.75, 1];
  for (const part of steps) {
    const at = start + part * (end - start);
    const anchor = { 0: "start", 1: "end" }[part] ?? "middle";
    const attributes = { class: "tick", x: x(at), y: box.bottom + 20, "text-anchor": anchor };
    picture.append(svg("text", attributes, when(at, interval < 86_400_000 && end - start < 3 * 86_400_000)));
  }
}

/** Show the price under the pointer, or the one that the arrow keys go to. */
function readable(picture, points, x, y, box) {
  const mark = svg("g", { class: "mark", visibility: "hidden" });
  const [dot, back, text] = [svg("circle", { r: 4 }), svg("rect", { height: 24, rx: 5 }), svg("text", { y: 24 })];
  mark.append(svg("line", { y1: 8, y2: box.bottom }), dot, back, text);
  picture.append(mark);
  let place = points.length - 1;
  const show = (wanted) => {
    place = Math.max(0, Math.min(points.length - 1, wanted));
    const point = points[place];
    const at = x(point.at);
    mark.setAttribute("visibility", "visible");
    mark.querySelector("line").setAttribute("x1", at);
    mark.querySelector("line").setAttribute("x2", at);
    dot.setAttribute("cx", at);
    dot.setAttribute("cy", y(point.value));
    text.textContent = [price(point.text), when(point.at, true), point.filed && point.sources].filter(Boolean).join(" · ");
    const width = text.getComputedTextLength() + 16;
    const left = Math.max(0, Math.min(box.right - width, at - width / 2));
    text.setAttribute("x", left + 8);
    back.setAttribute("x", left);
    back.setAttribute("y", 8);
    back.setAttribute("width", width);
  };
  const nearest = (event) => {
    const wanted = event.clientX - picture.getBoundingClientRect().left;
    const distances = points.map((point) => Math.abs(x(point.at) - wanted));
    show(distances.indexOf(Math.min(...distances)));
  };
  picture.addEventListener("pointermove", nearest);
  picture.addEventListener("pointerdown", nearest);
  picture.addEventListener("pointerleave", () => mark.setAttribute("visibility", "hidden"));
  picture.addEventListener("blur", () => mark.setAttribute("visibility", "hidden"));
  picture.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -points.length, End: points.length }[event.key];
    if (!step) return;
    event.preventDefault();
    show(place + step);
    picture.setAttribute("aria-label", text.textContent);
  });
}
