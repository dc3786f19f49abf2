// The API's reference, drawn from /openapi.json, with a form to try each endpoint.

import { $, el } from "./dom.js";

const SHOWN_BYTES = 100_000;
const METHODS = ["get", "post"];
const WORDS = { string: "text", integer: "whole number", "date-time": "time", boolean: "yes or no" };
let key = ""; // the admin key, while the page is open

/** Text with `code` in backticks. */
function prose(text) {
  return text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));
}

function resolve(document, schema) {
  return schema?.$ref ? schema.$ref.slice(2).split("/").reduce((node, name) => node[name], document) : schema ?? {};
}

/** A schema's type in a few words. */
function typeOf(document, schema) {
  const found = resolve(document, schema);
  if (found.anyOf) return [...new Set(found.anyOf.map((option) => typeOf(document, option)))].join(" or ");
  if (found.type === "array") return `list of ${typeOf(document, found.items)}`;
  const words = WORDS[found.format] ?? WORDS[found.type] ?? found.type ?? "anything";
  const limits = found.maxLength ? [`up to ${found.maxLength} characters`] : [];
  if (found.minimum !== undefined && found.maximum !== undefined) limits.push(`${found.minimum}–${found.maximum}`);
  else if (found.minimum !== undefined) limits.push(`from ${found.minimum}`);
  if (found.default !== undefined) limits.push(`default ${found.default}`);
  return [words, ...limits].join(", ");
}

function parameterRow(document, id, parameter) {
  const { schema } = parameter;
  const input = schema.enum
    ? el("select", { id, name: parameter.name }, el("option", { value: "" }, ""), ...schema.enum.map((value) => el("option", {}, String(value))))
    : el("input", { id, name: parameter.name, autocomplete: "off", spellcheck: "false", placeholder: schema.default ?? "" });
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("label", { for: id }, el("code", {}, parameter.name))),
    el("td", {}, ...prose(parameter.description ?? ""), el("span", { class: "type" }, schema.enum ? "one of a list" : typeOf(document, schema))),
    el("td", {}, input),
  );
}

/** The properties of an answer, nested ones indented. */
function shape(document, schema, depth = 0) {
  let found = resolve(document, schema);
  if (found.type === "array") found = resolve(document, found.items);
  if (found.anyOf) found = resolve(document, found.anyOf[0].type === "array" ? found.anyOf[0].items : found.anyOf[0]);
  if (!found.properties || depth > 2) return null;
  return el(
    "ul",
    {},
    ...Object.entries(found.properties).map(([name, property]) =>
      el("li", {}, el("code", {}, name), " ", el("span", { class: "type" }, brief(document, property)), shape(document, property, depth + 1)),
    ),
  );
}

function brief(document, property) {
  const found = resolve(document, property);
  return found.properties ? "object" : typeOf(document, property).replace(/list of object.*/, "list");
}

function responses(document, operation) {
  return el(
    "dl",
    { class: "responses" },
    ...Object.entries(operation.responses).flatMap(([status, response]) => {
      const schema = response.content?.["application/json"]?.schema;
      return [el("dt", {}, status), el("dd", {}, response.description, schema ? shape(document, schema) : null)];
    }),
  );
}

function operationOf(document, path, method, operation) {
  const id = `${method}${path.replace(/\W+/g, "-")}`;
  const parameters = operation.parameters ?? [];
  const output = el("div", { class: "output", "aria-live": "polite" });
  const form = el(
    "form",
    {},
    parameters.length
      ? el("table", { class: "parameters" }, el("tbody", {}, ...parameters.map((each) => parameterRow(document, `${id}-${each.name}`, each))))
      : null,
    operation.security
      ? el("p", { class: "key" }, el("label", { for: `${id}-key` }, "Admin key"), el("input", { id: `${id}-key`, class: "secret", type: "password", autocomplete: "off" }))
      : null,
    el("button", { type: "submit" }, method === "get" ? "Try it" : "Send it"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    key = form.querySelector(".secret")?.value || key;
    send(path, method, parameters.map(({ name }) => [name, form.elements[name].value]), Boolean(operation.security), output);
  });
  return el(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    el("h2", { id: `${id}-title` }, el("span", { class: "method" }, method.toUpperCase()), " ", el("code", {}, path), el("span", { class: "summary" }, operation.summary ?? "")),
    ...(operation.description ?? "").split("\n\n").map((part) => el("p", {}, ...prose(part))),
    form,
    output,
    el("details", {}, el("summary", {}, "Answers"), responses(document, operation)),
  );
}

async function send(path, method, values, secured, output) {
  const query = new URLSearchParams(values.filter(([, value]) => value !== ""));
  const address = `${path}${query.size ? `?${query}` : ""}`;
  const shownKey = secured ? ' -H "X-API-Key: $ADMIN_API_KEY"' : "";
  const command = `curl${method === "post" ? " -X POST" : ""}${shownKey} '${location.origin}${address}'`;
  output.replaceChildren(el("p", {}, "Asking…"));
  try {
    const response = await fetch(address, { method, headers: { Accept: "application/json", ...(secured && key ? { "X-API-Key": key } : {}) } });
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    const whole = type.includes("json") ? indented(text) : text;
    const shown = whole.length > SHOWN_BYTES ? `${whole.slice(0, SHOWN_BYTES)}\n… ${whole.length - SHOWN_BYTES} more characters` : whole;
    output.replaceChildren(
      el("pre", { class: "command" }, command),
      el("p", { class: "status", "data-tone": response.ok ? "good" : "bad" }, `${response.status} ${response.statusText}`),
      el("pre", { tabindex: "0" }, shown),
    );
  } catch {
    output.replaceChildren(el("pre", { class: "command" }, command), el("p", { class: "status", "data-tone": "bad" }, "The API can't be reached."));
  }
}

/** JSON text with line breaks; numbers keep every digit, which parsing them would not. */
function indented(text) {
  let depth = 0;
  let inText = false;
  let result = "";
  for (let index = 0; index < text.length; index++) {
    const letter = text[index];
    if (inText) {
      result += letter;
      if (letter === "\\") result += text[++index];
      else if (letter === '"') inText = false;
    } else if (letter === '"') {
      inText = true;
      result += letter;
    } else if ("{[".includes(letter)) {
      const empty = "}]".includes(text[index + 1]);
      result += empty ? letter + text[++index] : `${letter}\n${"  ".repeat(++depth)}`;
    } else if ("}]".includes(letter)) {
      result += `\n${"  ".repeat(--depth)}${letter}`;
    } else if (letter === ",") {
      result += `,\n${"  ".repeat(depth)}`;
    } else {
      result += letter === ":" ? ": " : letter;
    }
  }
  return result;
}

try {
  const document_ = await (await fetch("/openapi.json")).json();
  $("lead").textContent = document_.info.description;
  const operations = Object.entries(document_.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => operationOf(document_, path, method, item[method])),
  );
  $("operations").replaceChildren(...operations);
  $("contents").replaceChildren(
    ...operations.map((section) => el("a", { href: `#${section.id}` }, section.querySelector(".method").textContent, " ", section.querySelector("h2 code").textContent)),
  );
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch {
  $("notices").replaceChildren(el("p", { class: "notice", "data-tone": "bad" }, "The description can't be loaded. Is the API running?"));
}
