// The fields of keys: secrets are masked, pasted texts trimmed, and what is optional waits under "More".
import type { KindField } from "../wire.d.ts";
import { Field, Secret } from "./form.tsx";
import { ZoneSelect } from "./zones.tsx";

type Frame = { fields: readonly KindField[]; values: Readonly<Record<string, string>>; wrong: Readonly<Record<string, string>>; change: (name: string, value: string) => void };

export function KeyFields({ fields, values, wrong, change }: Frame) {
  const row = (field: KindField) => <KeyField key={field.name} field={field} value={values[field.name] ?? ""} error={wrong[field.name]} onChange={(value) => change(field.name, value)} />;
  const optional = fields.filter(({ required }) => !required);
  return (
    <>
      {fields.filter(({ required }) => required).map(row)}
      {optional.length > 0 && (
        <details class="more" open={optional.some(({ name }) => wrong[name])}>
          <summary>More</summary>
          <div class="stack">{optional.map(row)}</div>
        </details>
      )}
    </>
  );
}

/** What the fields hold, without the spaces that come along with a copy. */
export const trimmed = (fields: readonly KindField[], values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(fields.map(({ name }) => [name, (values[name] ?? "").trim()]));

type FieldFrame = { field: KindField; value: string; error: string | undefined; onChange: (value: string) => void };

function KeyField({ field, value, error, onChange }: FieldFrame) {
  const { name, label, help, secret, required } = field;
  if (isZone(field.default)) {
    return (
      <div class="field">
        <label for={name}>{label}</label>
        <ZoneSelect name={name} value={value || field.default} about={error ? `${name}-error` : `${name}-help`} wrong={!!error} onChoose={onChange} />
        {error && <p class="wrong" id={`${name}-error`}>{error}</p>}
        <p class="quiet" id={`${name}-help`}>{help}</p>
      </div>
    );
  }
  const Kind = secret ? Secret : Field;
  return (
    <Kind
      name={name} label={label} help={help} error={error} required={required} value={value} autoComplete="off" autoCapitalize="none" spellcheck={false}
      onInput={(event) => onChange(event.inputType === "insertFromPaste" ? event.currentTarget.value.trim() : event.currentTarget.value)}
    />
  );
}

/** A field that begins with a time zone is one, and is chosen rather than typed. */
const isZone = (text: string): boolean => text.includes("/") && Intl.supportedValuesOf("timeZone").includes(text);
