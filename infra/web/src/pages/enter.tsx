// Signing in, and signing up with a new workspace.
import { useEffect, useRef, useState } from "preact/hooks";
import type { SessionOut, SignInIn, SignUpIn } from "../wire.d.ts";
import { Failed, expired, provider, renewed, session, write } from "../api.ts";
import { Door } from "../parts/door.tsx";
import { Field, Secret, useSend } from "../parts/form.tsx";
import { later } from "../parts/later.tsx";
import { Card, Page } from "../parts/page.tsx";
import { Notice } from "../parts/region.tsx";
import { query, to } from "../router.ts";

export const PASSWORD_HELP = "Twelve characters or more; a short sentence is good.";

const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

const ways = () => import("../parts/provider.tsx");
const NotThrough = later(async () => (await ways()).NotThrough, null);
const Through = later(async () => (await ways()).Through, <div class="other-way"><p class="quiet">or</p><button type="button" disabled>{provider}</button></div>);

export function Enter({ anew }: { anew: boolean }) {
  const { busy, wrong, said, send } = useSend();
  const carried = { next: query.value.get("next") };
  const [coded, askCode] = useState(false);
  const told = useRef<HTMLDivElement>(null);
  useEffect(() => void setTimeout(() => told.current?.focus()), []); // after the page itself, which takes it when one arrives

  async function enter(form: FormData) {
    const word = (name: string) => String(form.get(name) ?? "");
    const who = { email: word("email").trim(), password: word("password") };
    session.value = anew
      ? await write<SessionOut>("POST", "/users", { ...who, workspace: word("workspace").trim(), time_zone: browserZone() } satisfies SignUpIn)
      : await write<SessionOut>("POST", "/session", { ...who, code: word("code"), keep: form.has("keep") } satisfies SignInIn);
    renewed.value = null;
  }
  /** The first refusal for want of a code is a question. */
  async function enterOrAsk(form: FormData) {
    try {
      await enter(form);
    } catch (error) {
      if (coded || !(error instanceof Failed) || !error.fields["code"]) throw error;
      askCode(true);
      setTimeout(() => document.getElementById("code")?.focus());
    }
  }
  return (
    <Door>
      <Page title={anew ? "Sign up" : "Sign in"} note={anew ? "One account, one workspace. Connect a shop next." : "Every order of every channel, one summary a day."}>
        <Card>
          {query.value.has("error") && <NotThrough />}
          {expired.value && <Notice kind="info"><p><b>Please sign in again.</b> You return to this page and your unsaved changes.</p></Notice>}
          {!anew && renewed.value && <div ref={told} tabIndex={-1}><Notice kind="good"><p><b>Your password is changed.</b> You are signed out everywhere. Sign in with the new one.</p></Notice></div>}
          <form method="post" onSubmit={(event) => send(event, () => enterOrAsk(new FormData(event.currentTarget)))}>
            {said}
            {anew && <Field name="workspace" label="Business name" required maxLength={80} autoComplete="organization" error={wrong["workspace"]} />}
            <Field name="email" label="Email" type="email" required defaultValue={anew ? "" : (renewed.value ?? "")} autoComplete="username" error={wrong["email"]} />
            <Secret name="password" label="Password" required error={wrong["password"]} autoComplete={anew ? "new-password" : "current-password"} help={anew && PASSWORD_HELP} />
            {coded && <Field name="code" label="One-time code" required maxLength={32} autoComplete="one-time-code" autoCapitalize="none" spellcheck={false} error={wrong["code"]} help="The six digits that your app shows, or a recovery code." />}
            {!anew && <label class="tick"><input type="checkbox" name="keep" /> Keep me signed in</label>}
            <button class="main" disabled={busy}>{anew ? "Create account" : "Sign in"}</button>
          </form>
          {provider && <Through />}
        </Card>
        <p class="quiet">
          {anew ? <>You have an account? <a href={to("/sign-in", carried)}>Sign in</a></> : <>New here? <a href={to("/sign-up", carried)}>Sign up</a></>}
        </p>
        {!anew && <p class="quiet"><a href={to("/reset")}>Forgot password?</a></p>}
      </Page>
    </Door>
  );
}
