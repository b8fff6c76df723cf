/** Every value that ever flowed, searched: each hit opens the very frame in which it flowed. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { RunId, SearchHit } from "../api/types";
import { addressOf } from "../app/router";
import { ago, counted } from "../lib/words";
import { Link } from "../ui/Link";
import { useRows } from "../ui/useRows";
import { searchValues } from "./api";

interface Props {
  text: string;
  workflow?: string;
  run?: RunId;
}

const ROW = 52;

export function SearchValues({ text, workflow, run }: Props) {
  const list = useInfiniteQuery({
    queryKey: ["search", text, workflow, run],
    queryFn: ({ pageParam }) =>
      searchValues(text, { ...(workflow !== undefined && { workflow }), ...(run !== undefined && { run }) }, pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
  });
  const hits = list.data?.pages.flatMap((page) => page.items) ?? [];
  const lag = list.data?.pages[0]?.lag ?? 0;
  if (list.error) {
    return (
      <p className="runs-none" role="alert">
        {list.error.message}
      </p>
    );
  }
  return (
    <>
      <p className="runs-lag" role="status">
        {list.isSuccess && hits.length === 0 && `No value holds “${text}”.`}
        {lag > 0 && ` ${counted(lag, "value")} not searched yet: recorded a moment ago.`}
      </p>
      <Hits hits={hits} more={list.hasNextPage ? () => void list.fetchNextPage() : null} />
    </>
  );
}

function Hits({ hits, more }: { hits: readonly SearchHit[]; more: (() => void) | null }) {
  const { scroller, list, items } = useRows(hits.length, ROW);
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= hits.length - 10) more();
  }, [more, last, hits.length]);
  return (
    <div ref={scroller} className="runs-scroll" role="list" aria-label="Values that hold the text">
      <div role="presentation" style={{ height: list.getTotalSize(), position: "relative" }}>
        {items.map(({ index, start }) => (
          <div key={index} role="listitem" style={{ position: "absolute", top: start, height: ROW, width: "100%" }}>
            <Hit hit={hits[index] as SearchHit} />
          </div>
        ))}
      </div>
    </div>
  );
}

function Hit({ hit }: { hit: SearchHit }) {
  const where = [hit.workflow, hit.node, hit.port && hit.port !== "out" ? `${hit.role} ${hit.port}` : hit.role];
  return (
    <Link className="hit" href={addressOf({ screen: "run", id: hit.run, seq: hit.seq, node: hit.node, diff: null })}>
      <Snippet snippet={hit.snippet} />
      <span className="hit-where">
        {where.join(" · ")} · {ago(hit.at)}
        {hit.times > 1 && ` · ${hit.times.toLocaleString("en")} times`}
      </span>
    </Link>
  );
}

export function Snippet({ snippet: { path, parts, cut } }: { snippet: SearchHit["snippet"] }) {
  return (
    <span className="hit-text">
      {path && <code>{path}: </code>}
      {parts.map(({ text, found }, at) => (found ? <mark key={at}>{text}</mark> : <span key={at}>{text}</span>))}
      {cut && "…"}
    </span>
  );
}
