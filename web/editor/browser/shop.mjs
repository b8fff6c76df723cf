/** A shop that a workflow calls: it lists orders and takes alerts, and remembers every request. */
import { createServer } from "node:http";

export async function startShop() {
  const shop = { list: "orders", asked: [], alerts: [] };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    shop.asked.push(`${request.method} ${request.url}`);
    if (request.method === "POST") shop.alerts.push(JSON.parse(body));
    const orders = [
      { id: 1, total: 40 },
      { id: 2, total: 140 },
      { id: 3, total: 250 },
    ];
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(request.url === "/orders" ? orders : { [shop.list]: orders }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${server.address().port}`;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return Object.assign(shop, { host, origin: `http://${host}`, stop });
}
