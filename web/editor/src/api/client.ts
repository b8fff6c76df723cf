/** Calls to the service. Every refusal becomes a `ServiceError` with what was wrong, where, and what to do. */
import { readJson, writeJson } from "../lib/exact";
import type { ProblemBody } from "./types";

export class ServiceError extends Error {
  constructor(readonly body: ProblemBody) {
    super(body.detail);
  }
  get code(): string {
    return this.body.code;
  }
  get hint(): string | undefined {
    return this.body.hint;
  }
}

const UNREACHABLE: ProblemBody = {
  title: "Not reachable",
  status: 0,
  code: "unreachable",
  detail: "the service does not answer",
  hint: "is it running? what you typed is kept in this browser",
};

async function refusal(response: Response): Promise<ServiceError> {
  const fallback = {
    title: response.statusText,
    status: response.status,
    code: "unknown",
    detail: `the service answered ${response.status}`,
  };
  const body = (await response.json().catch(() => fallback)) as ProblemBody;
  return new ServiceError({ ...fallback, ...body });
}

/** A body that is not JSON: the text of a file. */
export class TextBody {
  constructor(
    readonly text: string,
    readonly type: string,
  ) {}
}

function contentOf(body: unknown): { content: BodyInit; type: string } {
  if (body instanceof TextBody) return { content: body.text, type: body.type };
  if (body instanceof Blob) return { content: body, type: "application/octet-stream" };
  return { content: writeJson(body), type: "application/json" };
}

/** Sends a request under `/api/v1` and gives the answer, or throws what was refused. */
export async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  const init: RequestInit = { method, headers: { accept: "application/json", ...headers }, credentials: "same-origin" };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    const { content, type } = contentOf(body);
    init.body = content;
    init.headers = { ...init.headers, "content-type": type };
  }
  const response = await fetch(`/api/v1${path}`, init).catch(() => {
    throw new ServiceError(UNREACHABLE);
  });
  if (!response.ok) throw await refusal(response);
  return response;
}

/** Sends a request and gives the parsed JSON, or undefined when there is no content. */
export async function call<T>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<T> {
  const response = await send(method, path, body, headers, signal);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export const get = <T>(path: string) => call<T>("GET", path);

/** As `get`, for what holds values of a run: its numbers can be shown, and sent back, as they were written. */
export async function getValues<T>(path: string): Promise<T> {
  const response = await send("GET", path);
  return readJson(await response.text()) as T;
}

export const post = <T>(path: string, body: unknown = {}) => call<T>("POST", path, body);
export const put = <T>(path: string, body: unknown) => call<T>("PUT", path, body);
export const patch = <T>(path: string, body: unknown) => call<T>("PATCH", path, body);
export const remove = (path: string) => call<undefined>("DELETE", path);
