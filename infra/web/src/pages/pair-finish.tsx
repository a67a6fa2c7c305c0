// The return from one's own site: its keys may still be on their way to us, so the outcome is asked for until it is there.
import { useEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { PairingOut } from "../wire.d.ts";
import { Failed, read } from "../api.ts";
import { look } from "../live.ts";
import { Card } from "../parts/page.tsx";
import { Notice } from "../parts/region.tsx";
import { go, path, query, to, turned } from "../router.ts";
import type { StepFrame } from "./pair.tsx";

const ASKED_EVERY_MS = 2_000;
const FIRST_ASKED_AFTER_MS = 250;
const WAITED_FOR_MS = 120_000;

type Outcome = PairingOut["state"] | "declined" | "late" | "unknown";

export function Finish({ kind }: StepFrame) {
  const pairing = query.value.get("pairing") ?? "";
  const [outcome, set] = useState<Outcome>(query.value.get("success") === "0" ? "declined" : "waiting");
  const [reason, tell] = useState("");
  const ended = outcome !== "waiting";

  useEffect(() => {
    if (query.value.has("user_id")) go(turned({ user_id: null }), { replace: true }); // it was a secret of ours; it is spent
  }, []);
  useEffect(() => {
    if (ended) return;
    const stop = new AbortController();
    void outcomeOf(pairing, stop.signal).then((found) => {
      if (stop.signal.aborted) return;
      if (found?.state === "paired" && found.connection_id) {
        look();
        return go(to(`/connections/${encodeURIComponent(found.connection_id)}`, { paired: "1" }), { replace: true });
      }
      tell(found?.reason ?? "");
      set(found ? (found.state === "waiting" ? "late" : found.state) : "unknown");
    });
    return () => stop.abort();
  }, [pairing, ended]);

  if (!ended) return <Finishing name={kind.name} />;
  return <Ended outcome={outcome} reason={reason} name={kind.name} onAgain={outcome === "late" ? () => set("waiting") : null} />;
}

/** What became of the pairing, asked for two minutes, often at first; null if there is no such pairing of ours. */
async function outcomeOf(pairing: string, signal: AbortSignal): Promise<PairingOut | null> {
  let last: PairingOut = { state: "waiting", connection_id: null, reason: "" };
  const until = Date.now() + WAITED_FOR_MS;
  for (let rest_ms = FIRST_ASKED_AFTER_MS; Date.now() < until && !signal.aborted; rest_ms = Math.min(2 * rest_ms, ASKED_EVERY_MS)) {
    try {
      last = await read<PairingOut>(`/pairings/${encodeURIComponent(pairing)}`, signal);
      if (last.state !== "waiting") return last;
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof Failed)) throw error;
      if (error.status === 404) return null; // whatever else fails may pass
    }
    await new Promise((rested) => setTimeout(rested, rest_ms));
  }
  return last;
}

const Finishing = ({ name }: { name: string }) => (
  <Card title="Finishing…">
    <div class="finishing" role="status">
      <span class="dots" aria-hidden="true"><i /><i /><i /></span>
      <p>Your {name} site sends us its key, and we try it. This takes a few seconds, at most two minutes.</p>
    </div>
  </Card>
);

type EndedFrame = { outcome: Outcome; reason: string; name: string; onAgain: (() => void) | null };

/** Focus comes here: what was awaited did not come. */
function Ended({ outcome, reason, name, onAgain }: EndedFrame) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), []);
  const [title, text] = said(outcome, reason, name);
  const anew = to(path.value, { step: "connect" });
  return (
    <Card title="Not connected yet">
      <div ref={place} tabIndex={-1}><Notice kind="warning"><p><b>{title}</b> {text}</p></Notice></div>
      <p class="actions">
        {onAgain && <button type="button" class="main" onClick={onAgain}>Look again</button>}
        <a class={onAgain ? "button" : "button main"} href={anew}>Try again</a>
        <a class="button plain" href={to("/connections")}>Not now</a>
      </p>
    </Card>
  );
}

function said(outcome: Outcome, reason: string, name: string): readonly [title: string, text: ComponentChildren] {
  switch (outcome) {
    case "declined":
      return ["You did not approve, so nothing was connected.", "You can try again whenever you like."];
    case "expired":
      return ["That took longer than ten minutes, so nothing was connected.", "Please try again."];
    case "late":
      return ["Your site has not sent its key yet.", "It may be busy, or a firewall may keep it from reaching us. Look again, or paste keys instead: “Try again” offers that too."];
    case "unknown":
      return ["We do not know of this pairing.", "It was begun in another workspace, or long ago. Nothing was connected."];
    default:
      return ["Nothing was connected.", reason || `What came back was not a key that we can use with your ${name} site.`];
  }
}
