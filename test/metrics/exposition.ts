/** A metric family of the text exposition format, version 0.0.4. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)?,?\\})? (\\S+)$`);
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
};

/** Reads it as strictly as the format is written, and stricter: each family has a help, a type and its samples together. */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let samples: Sample[] = [];
  let help: readonly [string, string] | undefined;
  let family: Family | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const helped = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line);
    const typed = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(line);
    if (helped) {
      help = [helped[1] as string, helped[2] as string];
    } else if (typed) {
      const [, name, type] = typed as unknown as [string, string, string];
      if (help?.[0] !== name) throw new Error(`${name} has no help before its type`);
      if (families.has(name)) throw new Error(`${name} comes twice`);
      samples = [];
      family = { name, type, help: help[1], samples };
      families.set(name, family);
    } else {
      const [, name, labelText = '', valueText] = SAMPLE.exec(line) ?? [];
      if (name === undefined || valueText === undefined) throw new Error(`no line of this format: ${line}`);
      if (!SUFFIXES[family?.type ?? '']?.some((suffix) => name === `${family?.name}${suffix}`)) {
        throw new Error(`${name} stands outside its family`);
      }
      const key = line.slice(0, line.lastIndexOf(' '));
      if (seen.has(key)) throw new Error(`${key} comes twice`);
      seen.add(key);
      const value = valueText === '+Inf' ? Number.POSITIVE_INFINITY : Number(valueText);
      // Prometheus reads it in any case; prom-client writes Nan.
      if (Number.isNaN(value) && !/^nan$/i.test(valueText)) throw new Error(`${valueText} is no number`);
      samples.push({ name, labels: labelsOf(labelText), value });
    }
  }
  return families;
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
    if (name === undefined || value === undefined) continue;
    if (name in labels) throw new Error(`the label ${name} comes twice`);
    labels[name] = value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
  }
  return labels;
}
