// Who changed which setting, from what to what.
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

export function Changes({ of, zone, version, title = "Who changed what" }: { of: string; zone: string; version: unknown; title?: string }) {
  const [limit, widen] = useState(LATEST);
  const changes = useLoad<ChangesOut>(asked(`${of}/changes`, { limit: String(limit) }), version);
  return (
    <Card title={title}>
      <Region of={changes} what="the changes" rows={2}>
        {({ items, next }) => (
          <>
            {items.length ? <ul class="changes">{items.map((one) => <Entry key={one.id} change={one} zone={zone} />)}</ul> : <Empty title="Nothing was changed yet.">Each change is kept with who made it and when.</Empty>}
            {next && limit === LATEST && <p class="actions"><button type="button" class="plain" onClick={() => widen(OLDER)}>Show older</button></p>}
          </>
        )}
      </Region>
    </Card>
  );
}

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

const Entry = ({ change, zone }: { change: ChangeOut; zone: string }) => (
  <li>
    <p class="quiet"><When at={change.at} zone={zone} /> · {change.actor}</p>
    <dl>
      {moved(change).map(([name, before, after]) => <div key={name}><dt>{settingOf(name)}</dt><dd><del>{before}</del> → <ins>{after}</ins></dd></div>)}
    </dl>
  </li>
);
