const PACES: [number, string][] = [
  [1, "1 epoch a picture"],
  [5, "5 epochs a picture"],
  [20, "20 epochs a picture"],
  [100, "100 epochs a picture"],
  [0, "as fast as it goes"],
];

interface Props {
  playing: boolean;
  pace: number;
  /** Whether there is nothing left to train. */
  ended?: boolean;
  onToggle: () => unknown;
  onStep: () => unknown;
  onReset?: () => unknown;
  onPace: (epochs: number) => unknown;
}

/** The buttons of a training. */
export function Transport({ playing, pace, ended, onToggle, onStep, onReset, onPace }: Props) {
  return (
    <div class="transport" role="group" aria-label="training">
      <button class="main" onClick={onToggle} disabled={ended} title="space">
        <span aria-hidden="true">{playing ? "❚❚" : "▶"}</span> {playing ? "Pause" : "Train"}
      </button>
      <button onClick={onStep} disabled={ended} title="s">
        <span aria-hidden="true">▷❙</span> Step
      </button>
      {onReset && (
        <button onClick={onReset} title="r">
          <span aria-hidden="true">↺</span> Reset
        </button>
      )}
      <span class="pace">
        <label class="hidden" for="pace">
          pace
        </label>
        <select id="pace" value={String(pace)} onChange={(event) => onPace(Number(event.currentTarget.value))}>
          {PACES.map(([epochs, words]) => (
            <option key={epochs} value={String(epochs)}>
              {words}
            </option>
          ))}
        </select>
      </span>
    </div>
  );
}
