// A forgotten password: a link is asked for by mail, and used. Its secret stands behind the # of the address, which no server gets to see.
import { batch } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ResetAskedOut, ResetIn, ResetLookIn, ResetLookOut, ResetPasswordIn } from "../wire.d.ts";
import { provider, renewed, session, write } from "../api.ts";
import { useLoad } from "../load.ts";
import { Door } from "../parts/door.tsx";
import { Field, Secret, useSend } from "../parts/form.tsx";
import { Card, Page } from "../parts/page.tsx";
import { Empty, Notice, Region } from "../parts/region.tsx";
import { go, to } from "../router.ts";
import { PASSWORD_HELP } from "./enter.tsx";

const secretHere = (): string => location.hash.slice(1);
/** The button that was pressed is gone: its place in the order of focus is the field. */
const toEmail = () => setTimeout(() => document.getElementById("email")?.focus());
const lookAt = (secret: string) => write<ResetLookOut>("POST", "/reset/look", { secret } satisfies ResetLookIn);

export function Reset() {
  const [secret, set] = useState(secretHere);
  useEffect(() => {
    const turn = () => set(secretHere());
    addEventListener("hashchange", turn);
    return () => removeEventListener("hashchange", turn);
  }, []);
  const askAnew = () => (go(to("/reset"), { replace: true }), set(""), toEmail());
  return (
    <Door>
      {secret ? <Choose key={secret} secret={secret} askAnew={askAnew} /> : <Ask />}
      {!session.value && <p class="quiet">You remember it? <a href={to("/sign-in")}>Sign in</a></p>}
    </Door>
  );
}

/** What it says is the same for every address. */
function Ask() {
  const { busy, wrong, said, send } = useSend();
  const [sent, show] = useState<{ email: string; out: ResetAskedOut } | null>(null);
  const told = useRef<HTMLDivElement>(null);
  useEffect(() => told.current?.focus(), [sent]);
  async function ask(form: FormData) {
    const email = String(form.get("email") ?? "").trim();
    show({ email, out: await write<ResetAskedOut>("POST", "/reset", { email } satisfies ResetIn) });
  }
  return (
    <Page title="Forgot your password?" note="We mail you a link, and you choose a new one.">
      <Card>
        {sent ? (
          <div class="stack">
            <div ref={told} tabIndex={-1}>
              {sent.out.mails
                ? <Notice kind="good"><p><b>Look into your mailbox.</b> If {sent.email} has an account, a link is on its way. It works once, for 30 minutes. Nothing there? Look among the spam.</p></Notice>
                : <Notice kind="warning"><p><b>This Daybook sends no mail.</b> Nothing was sent. Ask whoever runs it.</p></Notice>}
            </div>
            <p class="actions"><button type="button" onClick={() => (show(null), toEmail())}>Ask again</button></p>
          </div>
        ) : (
          <form method="post" onSubmit={(event) => send(event, () => ask(new FormData(event.currentTarget)))}>
            {said}
            <Field name="email" label="Email" type="email" required autoComplete="username" error={wrong["email"]} />
            <button class="main" disabled={busy}>Send the link</button>
          </form>
        )}
      </Card>
    </Page>
  );
}

function Choose({ secret, askAnew }: { secret: string; askAnew: () => void }) {
  const found = useLoad<ResetLookOut>(secret, 0, lookAt);
  const { busy, wrong, said, send } = useSend();
  async function change(form: FormData, email: string) {
    await write("POST", "/reset/password", { secret, password: String(form.get("password") ?? "") } satisfies ResetPasswordIn);
    batch(() => {
      session.value = null; // it has ended, as all of them have
      renewed.value = email;
      go(to("/sign-in"), { replace: true }); // with the secret gone from the address
    });
  }
  return (
    <Page title="Choose a new password" note={`It signs you out everywhere. Then sign in with it.${provider && ` If you had one before, “${provider}” has to be connected again.`}`}>
      <Card>
        {found.failed?.status === 404 ? (
          <Empty title="This link does not work." action={<button type="button" class="main" onClick={askAnew}>Ask for a new link</button>}>{found.failed.message}</Empty>
        ) : (
          <Region of={found} what="the link" rows={3}>
            {({ email }) => (
              <form method="post" onSubmit={(event) => send(event, () => change(new FormData(event.currentTarget), email))}>
                {said}
                <Field name="email" label="Email" type="email" value={email} readOnly autoComplete="username" />
                <Secret name="password" label="New password" required error={wrong["password"]} autoComplete="new-password" help={PASSWORD_HELP} />
                <div class="actions"><button class="main" disabled={busy}>Change password</button><button type="button" class="plain" onClick={askAnew}>Ask for a new link</button></div>
              </form>
            )}
          </Region>
        )}
      </Card>
    </Page>
  );
}
