// Forms: a field with its label, help and error, and one way to send that shows what is wrong at its field.
import { useRef, useState } from "preact/hooks";
import type { ComponentChildren, InputHTMLAttributes } from "preact";
import { Failed, signInAgain } from "../api.ts";
import { Notice } from "./region.tsx";

interface Input {
  type?: "text" | "email" | "password" | "date";
  disabled?: boolean;
  required?: boolean;
  readOnly?: boolean;
  value?: string;
  defaultValue?: string;
  max?: string;
  maxLength?: number;
  autoComplete?: string;
  autoCapitalize?: string;
  inputMode?: string;
  spellcheck?: boolean;
  onInput?: (event: InputEvent & { currentTarget: HTMLInputElement }) => void;
  onBlur?: (event: FocusEvent & { currentTarget: HTMLInputElement }) => void;
}
type FieldFrame = Input & { name: string; label: string; help?: ComponentChildren; error?: string | undefined; after?: ComponentChildren };

export function Field({ name, label, help, error, after, ...input }: FieldFrame) {
  const about = [help && `${name}-help`, error && `${name}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <span class="row">
        <input id={name} name={name} aria-invalid={!!error} {...(about ? { "aria-describedby": about } : {})} {...(input as InputHTMLAttributes)} />
        {after}
      </span>
      {error && <p class="wrong" id={`${name}-error`}>{error}</p>}
      {help && <p class="quiet" id={`${name}-help`}>{help}</p>}
    </div>
  );
}

/** A field that is masked until Show. */
export function Secret(frame: FieldFrame) {
  const [shown, show] = useState(false);
  return <Field {...frame} type={shown ? "text" : "password"} after={<button type="button" class="plain peek" aria-pressed={shown} onClick={() => show(!shown)}>{shown ? "Hide" : "Show"}<span class="unseen"> {frame.label.toLowerCase()}</span></button>} />;
}

export interface Sending {
  busy: boolean;
  wrong: Readonly<Record<string, string>>;
  /** The summary of what went wrong; it takes focus when it appears. */
  said: ComponentChildren;
  send: (event: Event | null, act: () => Promise<void>) => void;
  /** Takes back what was said. */
  clear: () => void;
}

/** Sends something once at a time. The refusal of a field is shown at it, any other above. */
export function useSend(): Sending {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failed | null>(null);
  const summary = useRef<HTMLDivElement>(null);
  async function run(act: () => Promise<void>) {
    const from = document.activeElement;
    setBusy(true);
    setFailed(null);
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      setFailed(error);
      setTimeout(() => summary.current?.focus());
    } finally {
      setBusy(false);
      // A button that rests while it is busy loses the focus by that.
      setTimeout(() => document.activeElement === document.body && from?.isConnected && (from as HTMLElement).focus());
    }
  }
  function send(event: Event | null, act: () => Promise<void>) {
    event?.preventDefault();
    if (!busy) void run(act);
  }
  return { busy, wrong: failed?.fields ?? {}, said: failed && <div ref={summary} tabIndex={-1}><Notice kind="error"><p>{saidOf(failed)}</p></Notice></div>, send, clear: () => setFailed(null) };
}

/** What is secret to a shop asks for a recent sign-in: that is another's page, and one returns from it to this one. */
const isAged = ({ status, fields }: Failed): boolean => status === 403 && "password" in fields;

function saidOf(failed: Failed): ComponentChildren {
  if (failed.status === 0) return <><b>No connection.</b> Nothing was changed. Try again when you are back.</>;
  if (isAged(failed)) return <>{failed.message} What you typed here is kept. <button type="button" class="link" onClick={() => void signInAgain()}>Sign in again</button></>;
  if (failed.status > 500 && failed.problem.detail) return <>{failed.message} Nothing was changed.</>;
  if (failed.status >= 500) return <><b>That did not work, and it is our fault.</b> Nothing was changed. <code>{failed.problem.request_id}</code></>;
  return failed.message;
}
