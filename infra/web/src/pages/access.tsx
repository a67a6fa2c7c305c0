// Access of a connection: its name, getting access again, and parting from it.
import { useState } from "preact/hooks";
import type { ConnectionOut } from "../wire.d.ts";
import { session, write } from "../api.ts";
import { useKept } from "../kept.ts";
import { look } from "../live.ts";
import { Field, useSend } from "../parts/form.tsx";
import { Card } from "../parts/page.tsx";
import { Reconnect } from "../parts/reconnect.tsx";
import { Notice } from "../parts/region.tsx";
import { say } from "../parts/toast.tsx";
import { go, to } from "../router.ts";

const AT = (id: string) => `/connections/${encodeURIComponent(id)}`;

export function Access({ connection, again }: { connection: ConnectionOut; again: () => void }) {
  if (session.value?.user.role === "viewer") return <Notice kind="info"><p>You may look at this connection. Changing its access is for members of the workspace.</p></Notice>;
  return (
    <div>
      <Rename connection={connection} again={again} />
      <Reconnect connection={connection} again={again} />
      {connection.state !== "removed" && <Disconnect connection={connection} again={again} />}
    </div>
  );
}

function Rename({ connection, again }: { connection: ConnectionOut; again: () => void }) {
  const [name, set] = useKept(`name of ${connection.id}`, connection.name);
  const { busy, wrong, said, send } = useSend();
  async function rename(to: string, undo?: () => Promise<void>) {
    const { name } = await write<ConnectionOut>("PATCH", AT(connection.id), { name: to });
    say(`It is called ${name} now.`, undo);
    set(name);
    again();
  }
  return (
    <Card title="Name">
      <form onSubmit={(event) => send(event, () => rename(name.trim(), () => rename(connection.name)))}>
        {said}
        <Field name="name" label="Name in Daybook" required maxLength={80} value={name} error={wrong["name"]} help={`Your shop at ${connection.domain} keeps its own name.`} onInput={(event) => set(event.currentTarget.value)} after={<button disabled={busy || !name.trim() || name.trim() === connection.name}>Rename</button>} />
      </form>
    </Card>
  );
}

/** The name is typed, since a connection that was parted from has to be paired anew. */
function Disconnect({ connection, again }: { connection: ConnectionOut; again: () => void }) {
  const [typed, set] = useState("");
  const { busy, wrong, said, send } = useSend();
  const sure = typed.trim() === connection.name;
  async function part() {
    await write("DELETE", `${AT(connection.id)}?data=keep`);
    say(`${connection.name} is disconnected. Its figures stay.`);
    look();
    again();
    go(to("/connections"));
  }
  return (
    <Card title="Disconnect">
      <p class="quiet">Syncing ends and our access is deleted. What is here stays readable; nothing in your shop changes. To go on later, the shop is connected anew.</p>
      <form onSubmit={(event) => send(event, part)}>
        {said}
        <Field name="typed" label={`Type “${connection.name}” to disconnect it`} value={typed} autoComplete="off" spellcheck={false} error={wrong["typed"]} onInput={(event) => set(event.currentTarget.value)} after={<button class="danger" disabled={busy || !sure}>Disconnect</button>} />
      </form>
    </Card>
  );
}
