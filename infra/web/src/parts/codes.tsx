// One's own one-time codes: setting them up, new recovery codes, turning them off.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { CodesOnIn, CodesOut, CodesProposedOut, RecoveryCodesOut } from "../wire.d.ts";
import { Failed, write } from "../api.ts";
import { dayAt, dayName } from "../format.ts";
import { useLoad } from "../load.ts";
import { Field, useSend } from "./form.tsx";
import { later } from "./later.tsx";
import { Once } from "./once.tsx";
import { Card, homeZone } from "./page.tsx";
import { Notice, Region } from "./region.tsx";
import { say } from "./toast.tsx";

const Picture = later(async () => (await import("./qr.tsx")).Picture, <span class="qr" />);
const FEW = 3;

export function Codes({ onMoved }: { onMoved: () => void }) {
  const codes = useLoad<CodesOut>("/codes");
  const [shown, show] = useState<readonly string[] | null>(null);
  const [told, tell] = useState("");
  const words = useRef<HTMLDivElement>(null);
  useEffect(() => words.current?.focus(), [told]);
  const moved = (recovery: readonly string[] | null, why = "") => (show(recovery), tell(why), codes.again(), onMoved());
  if (codes.data && !codes.data.can) return null;
  return (
    <Card title="Your one-time codes">
      {shown ? (
        <Once title="Recovery codes, shown this once" text={shown.join("\n")} onDone={() => show(null)}>
          Keep them where you keep your passwords. Each lets you in once, beside your password, when your phone is gone.
        </Once>
      ) : (
        <>
          {told && <div ref={words} tabIndex={-1}><Notice kind="warning"><p>{told}</p></Notice></div>}
          <Region of={codes} what="your one-time codes" rows={2}>
            {(read) => (read.since ? <On read={read} since={read.since} moved={moved} /> : <Off moved={moved} onBegin={() => tell("")} />)}
          </Region>
        </>
      )}
    </Card>
  );
}

type Frame = { moved: (recovery: readonly string[] | null, why?: string) => void };

/** What the state of things does not allow is told beside that state, read anew. */
async function moving(moved: Frame["moved"], act: () => Promise<readonly string[] | null>): Promise<void> {
  try {
    moved(await act());
  } catch (error) {
    if (!(error instanceof Failed) || error.status !== 409) throw error;
    moved(null, error.message);
  }
}

function Off({ moved, onBegin }: Frame & { onBegin: () => void }) {
  const [proposed, propose] = useState<CodesProposedOut | null>(null);
  const { busy, said, send } = useSend();
  const begin = async () => (propose(await write<CodesProposedOut>("POST", "/codes")), onBegin());
  if (proposed) return <SetUp of={proposed} moved={(...how) => (propose(null), moved(...how))} onStop={() => propose(null)} />;
  return (
    <Begin busy={busy} said={said} text="A second step when you sign in: beside your password, six digits that an app on your phone shows. Your password alone lets nobody in.">
      <button type="button" disabled={busy} onClick={() => send(null, begin)}>Set up</button>
    </Begin>
  );
}

const Begin = ({ busy, said, text, children }: { busy: boolean; said: ComponentChildren; text: string; children: ComponentChildren }) => (
  <div class="stack" aria-busy={busy}>
    {said}
    <p class="quiet">{text}</p>
    <p class="actions">{children}</p>
  </div>
);

function SetUp({ of: { proposal, key, address }, moved, onStop }: Frame & { of: CodesProposedOut; onStop: () => void }) {
  const { busy, wrong, said, send } = useSend();
  const top = useRef<HTMLParagraphElement>(null);
  useEffect(() => top.current?.focus(), []);
  async function turnOn(form: FormData) {
    const code = String(form.get("code") ?? "");
    const { recovery } = await write<RecoveryCodesOut>("POST", "/codes/on", { code, proposal } satisfies CodesOnIn);
    return recovery;
  }
  return (
    <form class="stack" method="post" onSubmit={(event) => send(event, () => moving(moved, () => turnOn(new FormData(event.currentTarget))))}>
      {said}
      <p ref={top} tabIndex={-1}><b>Read this with an authenticator app</b>, such as the one in your password manager.</p>
      <div class="app-key">
        <Picture of={address} />
        <div>
          <p class="quiet">No camera? Type this key into the app; it asks for nothing else.</p>
          <code>{key.match(/.{1,4}/g)?.join(" ")}</code>
        </div>
      </div>
      <Field name="code" label="Code that the app shows now" required maxLength={12} inputMode="numeric" autoComplete="one-time-code" spellcheck={false} error={wrong["code"]} />
      <div class="actions"><button class="main" disabled={busy}>Turn on</button><button type="button" class="plain" onClick={onStop}>Not now</button></div>
    </form>
  );
}

function On({ read, since, moved }: Frame & { read: CodesOut; since: string }) {
  const [asked, ask] = useState<"renew" | "off" | null>(null);
  const { busy, said, send, clear } = useSend();
  const left = read.recovery_left;
  const stop = () => (ask(null), clear());
  const act = async () => (await moving(moved, asked === "off" ? off : renew), ask(null));
  async function renew() {
    const { recovery } = await write<RecoveryCodesOut>("POST", "/codes/recovery");
    return recovery;
  }
  async function off() {
    await write("DELETE", "/codes");
    say("One-time codes are off.");
    return null;
  }
  return (
    <Begin busy={busy} said={said} text={asked ? SURE[asked] : `Asked for when you sign in, since ${dayName(dayAt(new Date(since), homeZone()), "year")}. ${left === 1 ? "1 recovery code is" : `${left || "No"} recovery codes are`} left${left <= FEW ? ": make new ones" : ""}.`}>
      {asked ? (
        <>
          <button type="button" class={asked === "off" ? "danger" : "main"} disabled={busy} onClick={() => send(null, act)}>{asked === "off" ? "Turn off" : "Make new ones"}</button>
          <button type="button" class="plain" onClick={stop}>Keep</button>
        </>
      ) : (
        <>
          <button type="button" onClick={() => ask("renew")}>New recovery codes</button>
          <button type="button" class="plain" onClick={() => ask("off")}>Turn off</button>
        </>
      )}
    </Begin>
  );
}

const SURE = {
  renew: "The recovery codes that you have now stop working.",
  off: "Your password alone lets you in from then on. The app's entry and your recovery codes are of no use any more.",
};
