// Renders /api/openapi.json. Text only ever enters the page as text.
const make = (tag, text, ...children) => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
};

const nameOf = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.type === "array") return `${nameOf(schema.items)}[]`;
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map(nameOf).filter(Boolean).join(" or ");
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type;
  return type ?? "any value";
};

const table = (heads, rows) => {
  const row = (cell, cells) => make("tr", "", ...cells.map((text) => make(cell, text)));
  return make("table", "", row("th", heads), ...rows.map((cells) => row("td", cells)));
};

const operation = (path, method, described) => {
  const name = make("span", method.toUpperCase());
  name.className = "method";
  const summary = make("summary", "", name, make("code", path), make("span", ` ${described.summary ?? ""}`));
  const details = make("details", "", summary);
  if (described.description) details.append(make("p", described.description));
  if (described.parameters?.length) {
    const rows = described.parameters.map((p) => [p.name, p.in, nameOf(p.schema), p.description ?? ""]);
    details.append(make("h4", "Parameters"), table(["name", "in", "type", ""], rows));
  }
  const body = described.requestBody?.content;
  if (body) {
    const rows = Object.entries(body).map(([type, content]) => [type, nameOf(content.schema)]);
    details.append(make("h4", "Body"), table(["content type", "shape"], rows));
  }
  const rows = Object.entries(described.responses ?? {}).flatMap(([status, answer]) => {
    const content = Object.entries(answer.content ?? {});
    if (!content.length) return [[status, "", "", answer.description ?? ""]];
    return content.map(([type, c]) => [status, type, nameOf(c.schema), answer.description ?? ""]);
  });
  details.append(make("h4", "Answers"), table(["status", "content type", "shape", ""], rows));
  return details;
};

const shape = (name, schema) => {
  const details = make("details", "", make("summary", "", make("code", name), make("span", ` ${schema.description ?? ""}`)));
  details.append(make("pre", JSON.stringify(schema, null, 2)));
  return details;
};

const show = (api) => {
  const routes = document.getElementById("routes");
  routes.replaceChildren();
  const byTag = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, described] of Object.entries(methods)) {
      const tag = described.tags?.[0] ?? "other";
      byTag.set(tag, [...(byTag.get(tag) ?? []), operation(path, method, described)]);
    }
  }
  for (const [tag, operations] of byTag) routes.append(make("h2", tag), ...operations);
  routes.append(make("h2", "shapes"));
  for (const [name, schema] of Object.entries(api.components?.schemas ?? {})) routes.append(shape(name, schema));
};

fetch("/api/openapi.json")
  .then((answer) => answer.json())
  .then(show)
  .catch((error) => document.getElementById("routes").replaceChildren(`The description cannot be read: ${error}`));
