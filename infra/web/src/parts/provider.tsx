// The way through the identity provider: its button, and what is said when it led nowhere.
import "../core.ts";
import { useState } from "preact/hooks";
import type { ProviderConnectIn, ProviderConnectedOut, ProviderIn, ProviderOut } from "../wire.d.ts";
import { expired, provider, session, write } from "../api.ts";
import { useLoad } from "../load.ts";
import { query } from "../router.ts";
import { useSend } from "./form.tsx";
import { Card } from "./page.tsx";
import { Notice, Region } from "./region.tsx";

const NEXT_MAX = 512;
const TEXTS: Readonly<Record<string, string>> = {
  expired: "That took longer than ten minutes, or began in another window. Please try again.",
  declined: "The sign-in was cancelled over there. Try again, or use your password.",
  unreachable: "The sign-in service did not answer. Try again in a moment, or use your password.",
  "not-again": "You were not asked over there who you are. Sign out there, then try again.",
  unverified: "Your email is not confirmed over there. Confirm it, then try again.",
  taken: "There is an account with this email already. Sign in with its password, then connect the other way under Workspace settings.",
  wait: "Too many tries. Wait a little and try again.",
  other: "Whoever you are over there is connected to another account, so nothing was changed.",
  "not-you": "You were signed out meanwhile, so nothing was connected. Please try again.",
};

/** What went wrong on the way, if one comes back from it. */
export function NotThrough() {
  const error = query.value.get("error");
  return !!error && <Notice kind="warning"><p role="alert">{TEXTS[error] ?? "The sign-in could not be confirmed, so nothing was changed. Please try again."}</p></Notice>;
}

async function leave(path: string, body: ProviderIn | ProviderConnectIn): Promise<void> {
  const { authorize_url } = await write<ProviderOut>("POST", path, body);
  location.assign(authorize_url);
}

/** Signs in, or up, that way. */
export function Through() {
  const { busy, said, send } = useSend();
  const wanted = query.value.get("next") ?? "/";
  const again = expired.value || query.value.get("error") === "not-again";
  const next = wanted.length > NEXT_MAX ? "/" : wanted;
  return (
    <div class="other-way">
      <p class="quiet">or</p>
      {said}
      <button type="button" disabled={busy} onClick={() => send(null, () => leave("/session/provider", { next, again, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone }))}>{provider}</button>
      {expired.value && <p class="quiet">This way leaves the page: what you typed there is not kept.</p>}
    </div>
  );
}

/** How it went, for whoever comes back from connecting it. */
export const Returned = () => (
  <>
    <NotThrough />
    {query.value.has("connected") && <Notice kind="info"><p role="status"><b>Connected.</b> “{provider}” on the sign-in page now lets you in to this account, too.</p></Notice>}
  </>
);

/** Lets whoever is signed in come in that way from now on, or no more. */
export function Connect() {
  const state = useLoad<ProviderConnectedOut>("/session/provider");
  return (
    <Card title="Your own sign-in">
      <Region of={state} what="your own sign-in" rows={2}>
        {({ connected, alone }) => (alone ? <p class="quiet">“{provider}” lets you in, and nothing else does. “Forgot password?” on the sign-in page gives you a password as well.</p> : connected ? <Leave /> : <Begin />)}
      </Region>
    </Card>
  );
}

function Begin() {
  const { busy, said, send } = useSend();
  return (
    <div class="stack">
      {said}
      <p class="quiet">Connect it once, and “{provider}” on the sign-in page lets you in to this account.</p>
      <p><button type="button" disabled={busy} onClick={() => send(null, () => leave("/session/provider/connect", { next: "/workspace?connected=1" }))}>Connect</button></p>
    </div>
  );
}

function Leave() {
  const [sure, ask] = useState(false);
  const { busy, said, send } = useSend();
  async function disconnect() {
    await write("DELETE", "/session/provider");
    expired.value = true;
    session.value = null; // it has ended, as all of them have
  }
  return (
    <div class="stack">
      {said}
      <p class="quiet">{sure ? "It lets you in no more. You are signed out everywhere and come back with your password." : `“${provider}” on the sign-in page lets you in to this account, too.`}</p>
      <p class="actions">
        {sure ? <button type="button" class="danger" disabled={busy} onClick={() => send(null, disconnect)}>Disconnect</button> : <button type="button" onClick={() => ask(true)}>Disconnect</button>}
        {sure && <button type="button" class="plain" onClick={() => ask(false)}>Keep</button>}
      </p>
    </div>
  );
}
