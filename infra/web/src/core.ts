// What the parts of the page share. Each part names this file, so that all of it comes as one file with the first load and
// not as one file for every set of parts that have something in common.
import "./draft.ts";
import "./kept.ts";
import "./keyboard.ts";
import "./parts/changes.tsx";
import "./parts/columns.tsx";
import "./parts/door.tsx";
import "./parts/download.tsx";
import "./parts/filters.tsx";
import "./parts/form.tsx";
import "./parts/later.tsx";
import "./parts/leaf.tsx";
import "./parts/meter.tsx";
import "./parts/range.tsx";
import "./parts/sales-table.tsx";
import "./parts/strip.tsx";
import "./parts/tabs.tsx";
import "./pages/enter.tsx";
import "./pages/nowhere.tsx";
import "./watch.ts";
import "./words.ts";
