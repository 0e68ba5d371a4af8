// miniflare with the hello function. A line "set TEXT" gives it a function that answers TEXT.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(new URL("./.peers/package.json", import.meta.url));
const { Miniflare } = require("miniflare");

const hello = `
async function handleRequest(request) {
  const name = new URL(request.url).searchParams.get("name") || "world";
  return new Response("Hello, " + name + "!\\n");
}
addEventListener("fetch", (event) => event.respondWith(handleRequest(event.request)));
`;
const options = (script) => ({ script, host: "127.0.0.1", port });
let port = 0;
const miniflare = new Miniflare(options(hello));
const url = await miniflare.ready;
port = Number(url.port);
console.log(JSON.stringify({ url: url.href.replace(/\/$/, "") }));

for await (const line of createInterface({ input: process.stdin })) {
  const text = JSON.stringify(line.slice(4));
  const started = performance.now();
  await miniflare.setOptions(
    options(`addEventListener("fetch", (e) => e.respondWith(new Response(${text})));`),
  );
  const answer = await (await fetch(url)).text();
  console.log(JSON.stringify({ ms: performance.now() - started, answer }));
}
await miniflare.dispose();
