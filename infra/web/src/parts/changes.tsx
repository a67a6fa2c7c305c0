// Who changed which setting, from what to what, and who looked at customers.
import type { ComponentChildren } from "preact";
import type { ChangeOut, ChangesOut } from "../wire.d.ts";
import { useState } from "preact/hooks";
import { Failed, read } from "../api.ts";
import { timeOf } from "../format.ts";
import { useLoad } from "../load.ts";
import { asked } from "../router.ts";
import { settingOf, valueOf } from "../words.ts";
import { Card, When } from "./page.tsx";
import { Empty, Region } from "./region.tsx";

const LATEST = 5;
const OLDER = 50;

type HistoryFrame = { path: string; what: string; zone: string; version: unknown; title: string; empty: ComponentChildren; children: (change: ChangeOut) => ComponentChildren };

/** The latest entries of a record, each with its time and who it was; older ones for who asks. */
function History({ path, what, zone, version, title, empty, children }: HistoryFrame) {
  const [limit, widen] = useState(LATEST);
  const changes = useLoad<ChangesOut>(asked(path, { limit: String(limit) }), version);
  return (
    <Card title={title}>
      <Region of={changes} what={what} rows={2}>
        {({ items, next }) => (
          <>
            {items.length ? <ul class="changes">{items.map((one) => <li key={one.id}><p class="quiet"><When at={one.at} zone={zone} /> · {one.actor}</p>{children(one)}</li>)}</ul> : empty}
            {next && limit === LATEST && <p class="actions"><button type="button" class="plain" onClick={() => widen(OLDER)}>Show older</button></p>}
          </>
        )}
      </Region>
    </Card>
  );
}

type Frame = Pick<HistoryFrame, "zone" | "version"> & { of: string; title?: string };

export const Changes = ({ of, zone, version, title = "Who changed what" }: Frame) => (
  <History path={`${of}/changes`} what="the changes" zone={zone} version={version} title={title} empty={<Empty title="Nothing was changed yet.">Each change is kept with who made it and when.</Empty>}>
    {(change) => <dl>{moved(change).map(([name, before, after]) => <div key={name}><dt>{settingOf(name)}</dt><dd><del>{before}</del> → <ins>{after}</ins></dd></div>)}</dl>}
  </History>
);

/** For owners: whose names and addresses were shown to whom. */
export const Looks = ({ zone }: { zone: string }) => (
  <History path="/persons/looks" what="who looked" zone={zone} version={0} title="Who looked at customers" empty={<Empty title="Nobody looked at customers yet.">Individual sales say who bought. Each time somebody opens or exports them is kept here.</Empty>}>
    {({ after }) => <p>{after["looked_at"]}</p>}
  </History>
);

/** Values come as JSON text, since each setting has its own shape. */
const valueIn = (text: string | undefined): unknown => (text === undefined ? null : JSON.parse(text));

function moved({ before, after }: ChangeOut): readonly (readonly [name: string, before: string, after: string])[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => name !== "version");
  return names.map((name) => [name, valueOf(name, valueIn(before[name])), valueOf(name, valueIn(after[name]))] as const).filter(([, one, other]) => one !== other);
}

/** Who was faster than us, from the record of changes; what the server said of it if that cannot be read. */
export async function whoSaved(of: string, refusal: Failed, zone: string): Promise<string> {
  try {
    const [last] = (await read<ChangesOut>(asked(`${of}/changes`, { limit: "1" }))).items;
    return last ? `${last.actor} saved other settings at ${timeOf(last.at, zone)}.` : refusal.message;
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    return refusal.message;
  }
}
