import { PLAIN_STYLE, type Style } from "./style.ts";

/** A cell: text, or text with the style that it is to have. */
export type Cell = string | number | boolean | null | undefined | StyledCell;

/** A cell that is set off. */
export interface StyledCell {
  readonly text: string;
  readonly style: keyof Style;
}

/** A column: its heading, and how its cells are set. Numbers go to the right. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

const GAP = "  ";

/** Lines of aligned columns below their headings; nothing at all where there are no rows. */
export function renderTable(
  columns: readonly (Column | string)[],
  rows: readonly (readonly Cell[])[],
  style: Style = PLAIN_STYLE,
): string {
  const titles = columns.map((column) => typeof column === "string" ? column : column.title);
  const texts = rows.map((row) => row.map(cellText));
  const widths = titles.map((title, i) =>
    texts.reduce((width, row) => Math.max(width, textWidth(row[i] ?? "")), textWidth(title))
  );
  const isRight = columns.map((column, i) =>
    typeof column === "string"
      ? rows.length > 0 && rows.every((row) => typeof row[i] === "number" || row[i] === null)
      : column.align === "right"
  );
  const line = (cells: readonly string[], dress: (text: string, i: number) => string): string =>
    cells.map((text, i) => {
      const fill = " ".repeat(widths[i]! - textWidth(text));
      const dressed = dress(text, i);
      if (isRight[i]) return fill + dressed;
      return i === cells.length - 1 ? dressed : dressed + fill;
    }).join(GAP).trimEnd();
  const lines = [line(titles, (text) => style.bold(text))];
  rows.forEach((row, at) => {
    lines.push(line(texts[at]!, (text, i) => {
      const cell = row[i];
      return typeof cell === "object" && cell !== null ? style[cell.style](text) : text;
    }));
  });
  return `${lines.join("\n")}\n`;
}

/** Lines of `name: value`, the values below each other. */
export function renderFields(
  fields: readonly (readonly [name: string, value: Cell])[],
  style: Style = PLAIN_STYLE,
): string {
  const width = fields.reduce((width, [name]) => Math.max(width, textWidth(name)), 0);
  return fields.map(([name, value]) => {
    const text = cellText(value);
    const dressed = typeof value === "object" && value !== null ? style[value.style](text) : text;
    return `${style.bold(name)}${" ".repeat(width - textWidth(name))}${GAP}${dressed}\n`;
  }).join("");
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return "-";
  return typeof cell === "object" ? cell.text : String(cell);
}

/** Characters, as a terminal counts most of them. */
function textWidth(text: string): number {
  return [...text].length;
}
