/**
 * A running service and a real browser for the tests in this folder.
 *
 * The service is the binary that FLOWFORGE_BIN names. The page is the one that lies in `dist`: what was built last is
 * what is tested, whatever editor the binary carries.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const HERE = fileURLToPath(new URL(".", import.meta.url));
export const DIST = join(HERE, "../dist");
export const SHOTS = join(HERE, "shots");
const BROWSER_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const READY_MS = 30_000;

/**
 * Starts the service on a free port with a folder of its own. `crash` is kill -9; `again` starts it on what is left, at
 * the same address.
 */
export async function startService(binary = process.env.FLOWFORGE_BIN, { allow = [], env = {} } = {}) {
  if (!binary) throw new Error("FLOWFORGE_BIN must name the flowforge binary");
  const folder = await mkdtemp(join(tmpdir(), "flowforge-browser-"));
  let { child, address, link } = await serve(binary, folder, "127.0.0.1:0", { allow, env });
  const { origin, host } = new URL(link);
  const end = async (signal) => {
    child.kill(signal);
    await new Promise((resolve) => (hasEnded(child) ? resolve() : child.once("exit", resolve)));
  };
  const crash = () => end("SIGKILL");
  const again = async () => {
    ({ child } = await serve(binary, folder, host, { allow, env }));
  };
  const stop = async () => {
    await end("SIGTERM");
    await rm(folder, { recursive: true, force: true });
  };
  return { address, link, origin, stop, crash, again };
}

const hasEnded = ({ exitCode, signalCode }) => exitCode !== null || signalCode !== null;

/** What would make a service use a model that the test did not start. */
const OF_MODELS = /^(OPENROUTER_API_KEY|FLOWFORGE_AI_.*)$/;
const withoutModels = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_MODELS.test(name)));

/** `allow`: hosts that workflows may call although they are not public. */
async function serve(binary, folder, listen, { allow, env }) {
  const hosts = allow.flatMap((host) => ["--allow-host", host]);
  const child = spawn(binary, ["serve", "--listen", listen, "--json", "--data-dir", folder, ...hosts], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...withoutModels(), ...env },
  });
  let complaints = "";
  child.stderr.on("data", (bytes) => (complaints += bytes));
  const { address, link } = await firstLine(child, () => complaints);
  return { child, address, link };
}

function firstLine(child, complaints) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the service is not ready: ${complaints()}`)), READY_MS);
    child.once("exit", (code) => reject(new Error(`the service ended with ${code}: ${complaints()}`)));
    createInterface({ input: child.stdout }).once("line", (line) => {
      clearTimeout(late);
      resolve(JSON.parse(line));
    });
  });
}

/** One process for all tests of a file: each has a profile of its own in it. */
let shared = null;

const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: BROWSER_FLAGS });

async function sharedBrowser() {
  if (shared?.isConnected()) return shared;
  shared = await launch();
  return shared;
}

/** Ends the process that the tests of a file share. */
export async function stopBrowsers() {
  await shared?.close();
  shared = null;
}

/**
 * A browser with a new, empty profile, signed in by the service's link, which works once, or by the cookies of one that is;
 * `byHand` opens the link in the page itself. `apart`: a process of its own, for what is between two browsers.
 */
export async function startBrowser(
  service,
  { width = 1440, height = 900, theme = "light", byHand = false, cookies = null, apart = false } = {},
) {
  const browser = apart ? await launch() : await sharedBrowser();
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    // The page is answered from `dist`, not from the service's address, so the browser asks whether it may reach that.
    permissions: ["clipboard-read", "clipboard-write", "local-network-access"],
  });
  const page = await context.newPage();
  const strangers = [];
  const faults = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== service.origin && protocol.startsWith("http")) strangers.push(request.url());
  });
  page.on("pageerror", (error) => faults.push(String(error.stack ?? error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
  });
  // The link itself is answered by the service, with the page that the binary carries.
  if (byHand) await page.goto(service.link, { waitUntil: "networkidle" });
  await serveDist(context, service);
  let first = "/";
  if (cookies) await context.addCookies(cookies);
  else if (!byHand) first = await signIn(context, service);
  await page.goto(new URL(first, service.origin).href);
  const close = async () => {
    await context.close();
    if (apart) await browser.close();
  };
  return { context, page, strangers, faults, close };
}

/** Opens the link, and gives the page it leads to. Not in the page: what it redirects to could not be answered from `dist`. */
async function signIn(context, { link, origin }) {
  const answer = await fetch(link, { redirect: "manual" });
  const [pair] = (answer.headers.get("set-cookie") ?? "").split(";");
  const [name, value] = pair.split("=");
  if (!value) throw new Error(`the link did not sign in: ${answer.status}`);
  await context.addCookies([{ name, value, url: origin, httpOnly: true, sameSite: "Lax" }]);
  return answer.headers.get("location");
}

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** Answers for the page's own files from `dist`, under the service's own Content-Security-Policy. */
async function serveDist(context, service) {
  const policy = (await fetch(`${service.origin}/health`)).headers.get("content-security-policy");
  const isPage = ({ origin, pathname, searchParams }) =>
    origin === service.origin &&
    !searchParams.has("link") &&
    !["/api", "/collab", "/demo", "/health", "/metrics", "/execute"].some((path) => pathname.startsWith(path));
  await context.route(isPage, async (route) => {
    const { pathname } = new URL(route.request().url());
    const path = extname(pathname) ? pathname : "/index.html";
    const body = await readFile(join(DIST, path)).catch(() => null);
    if (!body) return route.fulfill({ status: 404 });
    await route.fulfill({
      body,
      headers: {
        "content-type": TYPES[extname(path)] ?? "application/octet-stream",
        "content-security-policy": policy,
      },
    });
  });
}

/** A request to the service as the signed-in person. */
export async function api(page, method, path, body) {
  return page.evaluate(
    async ([method, path, body]) => {
      const init = { method, headers: { "content-type": "application/json" } };
      if (body !== null) init.body = typeof body === "string" ? body : JSON.stringify(body);
      if (typeof body === "string") init.headers["content-type"] = "application/yaml";
      const response = await fetch(`/api/v1${path}`, init);
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text ? JSON.parse(text) : null;
    },
    [method, path, body ?? null],
  );
}
