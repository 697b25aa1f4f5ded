import { Dialog } from "./Dialog.tsx";

const KEYS: [string, string][] = [
  ["space", "train, or pause"],
  ["s", "one epoch"],
  ["r", "reset: the same starts from epoch 0"],
  ["b", "look at the choice"],
  ["i", "look into the network: inspect it edge by edge"],
  ["← →", "the next size, the nearest error"],
  ["↑ ↓", "the next worse or better start of this size"],
  [", .", "ten epochs back, or forward"],
  ["l", "lessons"],
  ["?", "these keys"],
  ["Esc", "close"],
];

export function Keys() {
  return (
    <Dialog name="keys" title="Keys">
      <dl class="keys">
        {KEYS.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
