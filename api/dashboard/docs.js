// The API's reference, drawn from /openapi.json, with a form to try each endpoint.

import { $, el } from "./dom.js";
import { watch } from "./shell.js";

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

/** A path that may go on in the next line after each slash. */
function breakable(path) {
  return path.split(/(?<=\/)/).flatMap((piece) => [piece, el("wbr", {})]);
}

function operationOf(document, path, method, operation) {
  const id = `${method}${path.replace(/\W+/g, "-")}`;
  const parameters = operation.parameters ?? [];
  const example = bodyExample(document, operation);
  const output = el("div", { class: "output", "aria-live": "polite" });
  const form = el(
    "form",
    {},
    parameters.length
      ? el("table", { class: "parameters" }, el("tbody", {}, ...parameters.map((each) => parameterRow(document, `${id}-${each.name}`, each))))
      : null,
    example === null
      ? null
      : el("p", { class: "body" }, el("label", { for: `${id}-body` }, "Body"), el("textarea", { id: `${id}-body`, name: "body of the request", rows: "4", spellcheck: "false" }, example)),
    operation.security
      ? el("p", { class: "key" }, el("label", { for: `${id}-key` }, "Admin key"), el("input", { id: `${id}-key`, class: "secret", type: "password", autocomplete: "off" }))
      : null,
    el("button", { type: "submit" }, method === "get" ? "Try it" : "Send it"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    key = form.querySelector(".secret")?.value || key;
    const given = parameters.map((each) => ({ ...each, value: form.elements[each.name].value })).filter(({ value }) => value !== "");
    const body = example === null ? null : form.elements["body of the request"].value;
    send(path, method, given, body, Boolean(operation.security), output);
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

/** The example of an operation's JSON body, as text; null where it takes none. */
function bodyExample(document, operation) {
  const schema = operation.requestBody?.content?.["application/json"]?.schema;
  if (!schema) return null;
  const [example = {}] = resolve(document, schema).examples ?? [];
  return JSON.stringify(example, null, 2);
}

/** Text as one argument of a shell's command. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function send(path, method, given, body, secured, output) {
  const of = (place) => given.filter((each) => each.in === place);
  const query = new URLSearchParams(of("query").map(({ name, value }) => [name, value]));
  const filled = of("path").reduce((filling, { name, value }) => filling.replace(`{${name}}`, encodeURIComponent(value)), path);
  const address = `${filled}${query.size ? `?${query}` : ""}`;
  const headers = Object.fromEntries(of("header").map(({ name, value }) => [name, value]));
  if (body !== null) headers["Content-Type"] = "application/json";
  const shown = Object.entries(headers).map(([name, value]) => ` -H ${quoted(`${name}: ${value}`)}`).join("");
  const shownKey = secured ? ' -H "X-API-Key: $ADMIN_API_KEY"' : "";
  const shownBody = body === null ? "" : ` -d ${quoted(body)}`;
  const command = `curl${method === "post" ? " -X POST" : ""}${shownKey}${shown}${shownBody} ${quoted(location.origin + address)}`;
  output.replaceChildren(el("p", {}, "Asking…"));
  try {
    const authorized = secured && key ? { "X-API-Key": key } : {};
    const response = await fetch(address, { method, body, headers: { Accept: "application/json, */*;q=0.1", ...headers, ...authorized } });
    const type = response.headers.get("content-type") ?? "";
    const text = await readable(response, type);
    const whole = type.includes("json") ? indented(text) : text;
    const beginning = whole.length > SHOWN_BYTES ? `${whole.slice(0, SHOWN_BYTES)}\n… ${whole.length - SHOWN_BYTES} more characters` : whole;
    output.replaceChildren(
      el("pre", { class: "command" }, command),
      el("p", { class: "status", "data-tone": response.ok ? "good" : "bad" }, `${response.status} ${response.statusText}`),
      el("pre", { tabindex: "0" }, beginning),
    );
  } catch {
    output.replaceChildren(el("pre", { class: "command" }, command), el("p", { class: "status", "data-tone": "bad" }, "The API can't be reached."));
  }
}

/** An answer's text: of a stream what it begins with, of a binary file its size. */
async function readable(response, type) {
  if (type.startsWith("text/event-stream")) {
    const reader = response.body.getReader();
    const { value } = await reader.read();
    reader.cancel();
    return `${new TextDecoder().decode(value)}…`;
  }
  if (/json|text/.test(type)) return response.text();
  return `${(await response.arrayBuffer()).byteLength} bytes of ${type}`;
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
    ...operations.map((section) => el("a", { href: `#${section.id}` }, section.querySelector(".method").textContent, " ", ...breakable(section.querySelector("h2 code").textContent))),
  );
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch {
  $("notices").replaceChildren(el("p", { class: "notice", "data-tone": "bad" }, "The description can't be loaded. Is the API running?"));
}
watch();
