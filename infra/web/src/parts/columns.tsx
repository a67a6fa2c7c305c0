// Lists by their columns, and which of those are shown: as chosen in this browser.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Drop } from "./drop.tsx";
import { SortHead } from "./sorting.tsx";

export interface Column<T> {
  /** Its own among all lists: a choice is kept by it. */
  name: string;
  word: string;
  figure?: true;
  /** Stays where the others fold into the first column. */
  kept?: true;
  /** Shown only where it was chosen. */
  spare?: true;
  /** The API's word for sorting by it. */
  sort?: string;
  cell: (row: T) => ComponentChildren;
}

const STORED = "columns";
/** Names of those that are not as usual. */
const turnedOver = signal<readonly string[]>(localStorage.getItem(STORED)?.split(" ") ?? []);

const isShown = ({ name, spare }: { name: string; spare?: true }): boolean => turnedOver.value.includes(name) === !!spare;

type First<T> = { word: string; sort?: string; cell: (row: T) => ComponentChildren };
/** A row below the others; its cells are by their columns' names. */
export type Sum = { title: string; cells: Readonly<Record<string, ComponentChildren>> };
/** `whole` is the list that a page is about: it has the columns that were chosen, others are as usual. */
type Frame<T> = { label: string; rows: readonly T[]; keyOf: (row: T) => string; classOf?: (row: T) => string; first: First<T>; columns: readonly Column<T>[]; sums?: readonly Sum[]; sorts?: boolean | undefined; whole?: boolean | undefined };

export function List<T>({ label, rows, keyOf, classOf, first, columns, sums = [], sorts = false, whole = false }: Frame<T>) {
  const shown = columns.filter((column) => (whole ? isShown(column) : !column.spare));
  const head = (word: string, sort: string | undefined, style = "") => (sorts && sort ? <SortHead key={word} by={sort} usual="-day" class={style}>{word}</SortHead> : <th key={word} scope="col" class={style}>{word}</th>);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table class={whole ? "sales long" : "sales"}>
        <thead><tr>{head(first.word, first.sort)}{shown.map((column) => head(column.word, column.sort, styleOf(column)))}</tr></thead>
        <tbody>{rows.map((row) => <tr key={keyOf(row)} class={classOf?.(row) ?? ""}><th scope="row">{first.cell(row)}</th>{shown.map((column) => <td key={column.name} class={styleOf(column)}>{column.cell(row)}</td>)}</tr>)}</tbody>
        {sums.length > 0 && <tfoot>{sums.map(({ title, cells }) => <tr key={title}><th scope="row">{title}</th>{shown.map((column) => <td key={column.name} class={styleOf(column)}>{cells[column.name]}</td>)}</tr>)}</tfoot>}
      </table>
    </div>
  );
}

const styleOf = ({ figure, kept }: { figure?: true; kept?: true }): string => `${figure ? "figure" : ""} ${kept ? "" : "low"}`.trim();

export function ColumnChoice({ columns }: { columns: readonly Pick<Column<never>, "name" | "word" | "spare">[] }) {
  function turn(name: string) {
    const before = turnedOver.value;
    turnedOver.value = before.includes(name) ? before.filter((one) => one !== name) : [...before, name];
    localStorage.setItem(STORED, turnedOver.value.join(" "));
  }
  return (
    <Drop button="Columns">
      <fieldset>
        <legend class="unseen">Columns that are shown</legend>
        {columns.map((column) => <label key={column.name} class="tick"><input type="checkbox" checked={isShown(column)} onChange={() => turn(column.name)} />{column.word}</label>)}
      </fieldset>
    </Drop>
  );
}
