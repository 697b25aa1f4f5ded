// The state of a laboratory, as shoal/lab/laboratory.py tells it.

export interface Knobs {
  l2: number;
  weight_decay: number;
  learning_rate: number | null;
  dropout: number;
  samples: number;
  noise: number;
}

export interface Design {
  data: string;
  seed: number;
  hidden: number[];
  starts: number;
  depth: number;
  activation: string;
  initial: string;
  solver: string;
  epochs: number;
}

export interface Choice {
  network: number;
  best: number;
  loss: number;
  threshold: number | null;
  sentence: string;
}

export interface Side {
  knobs: Knobs;
  rate: number | null;
  epoch: number;
  furthest: number;
  journal: (Knobs & { epoch: number })[];
  choice: Choice | null;
  words: string[];
  repeat: { python: string; command: string };
}

export interface Points {
  X: number[][];
  y: number[];
}

export interface Material {
  name: string;
  title: string;
  /** Of "none" nothing can be drawn of a network's function. */
  kind: "curve" | "plane" | "none";
  loss: string;
  train: Points;
  validation: Points;
  tests: number;
  truth: number[] | null;
  floor: number | null;
  inputs: string[];
  /** What the classes are called, by the numbers that targets are; none of numbers. */
  classes: string[];
  output: string;
  low: number;
  high: number;
  extent: [number, number][];
  grid: number;
  fine: number;
  target: string | null;
  columns: string[];
}

export interface Opened {
  network: number;
  side: number;
  epoch: number;
  loss: number;
  standard_error: number;
  sentence: string;
}

/** A step of a lesson; what follows its question is empty until there is a prediction. */
export interface Reading {
  name: string;
  title: string;
  at: number;
  steps: number;
  say: string;
  question: string | null;
  answers: string[];
  predicted: number | null;
  right: number | null;
  then: string;
}

/** A layer on the inspected sample; null is what is not finite. */
export interface InspectedLayer {
  gate: string;
  z: (number | null)[];
  a: (number | null)[];
  delta: (number | null)[];
  W: (number | null)[][];
  b: (number | null)[];
  dW: (number | null)[][];
  db: (number | null)[];
}

/** The picked network on one training point, and the chain rule of one edge; without an input it is a bias. */
export interface Inspected {
  row: number;
  layer: number;
  unit: number;
  input: number | null;
  h: number;
  rate: number | null;
  rows: number;
  x: number[];
  y: number;
  loss: number | null;
  loss_name: string;
  layers: InspectedLayer[];
  product: string;
  factors: { symbol: string; formula: string; values: (number | null)[]; so_far: (number | null)[] }[];
  value: number | null;
  numerical: number | null;
  error: number | null;
  update: { rate: number; decay: number; before: number | null; after: number | null; loss: number | null };
}

/** A study that has ended, as shoal/lab/finished.py tells it; its test has numbers once it has been opened. */
export interface Study {
  title: string;
  command: string;
  data: string;
  score: string;
  unit: string;
  columns: string[];
  starts: number;
  networks: number;
  folds: number;
  picked: number;
  picked_name: string;
  chosen: number;
  members: number[];
  threshold: number | null;
  sentence: string;
  words: string[];
  parameters: number;
  inspectable: boolean;
  test: { rows: number; opened: boolean; models?: { name: string; metrics: Record<string, number | null> }[]; sentence?: string } | null;
}

/** What a network of a study is called where the lab is not there to say it. */
export const nameOf = (told: Study, network: number): string =>
  `size ${told.columns[Math.floor(network / told.starts)]}, start ${network % told.starts}: of a copy`;

/** What the lab tells of a study: it alone, with what is looked into. */
export interface ToldStudy {
  note: string;
  study: Study;
  inspected: Inspected | null;
  steers: boolean;
}

/** What a layer makes of a drawing: maps (C, H, W), or units (m,). */
export interface Maps {
  name: string;
  number: number;
  shape: number[];
  values: number[];
  change: number;
}

/** A drawn digit, and the network that looks at it, as shoal/lab/digits.py tells it. */
export interface Digits {
  kind: "digits";
  network: string;
  networks: Record<string, string>;
  parameters: number;
  accuracy: number;
  pixels: number[];
  across: number;
  down: number;
  /** By which it is turned, clockwise. */
  degrees: number;
  image: number[];
  probabilities: number[];
  layers: Maps[];
  looked: {
    layer: number;
    map: number;
    row: number;
    column: number;
    rows: [number, number];
    columns: [number, number];
    value: number;
    product: { weights: number[]; seen: number[]; bias: number; z: number } | null;
  } | null;
  examples: number;
}

/** A word, and the recurrent network that reads it, as shoal/lab/spelling.py tells it. */
export interface Spelling {
  kind: "spelling";
  cell: string;
  cells: string[];
  word: string;
  longest: number;
  parameters: number;
  accuracy: number;
  states: number[][];
  probabilities: number[];
  norms: (number | null)[];
}

/** What pictures of a shoal show of it. */
export interface Shown {
  picked: number;
  design: { hidden: (number | string)[]; starts: number };
  sides: { choice: { network: number; threshold: number | null } | null }[];
  material: Material;
  parameters: number[];
}

export interface State {
  protocol: number;
  run: number;
  playing: boolean;
  pace: number;
  picked: number;
  inspected: Inspected | null;
  rule: string;
  note: string;
  /** What the page's own address ends in, behind the #. */
  address: string;
  design: Design;
  sides: Side[];
  material: Material;
  parameters: number[];
  test: Opened | null;
  shown: Digits | Spelling | null;
  lesson: Reading | null;
  lessons: { name: string; title: string }[];
  choices: { data: string[]; activation: string[]; solver: string[]; rated: string[]; initial: string[]; rule: string[] };
  steers: boolean;
}
