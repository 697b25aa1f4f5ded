import { complaint, connected, drag, epoch, open, reset, send, state, steers, step, study, toggle } from "../store.ts";
import { Time } from "./Time.tsx";
import { Transport } from "./Transport.tsx";

const TITLES = { digits: "images", spelling: "sequences" };
const SCREENS: [string | null, string, string][] = [
  [null, "leave", "The shoal"],
  ["digits", "digits", "Images"],
  ["spelling", "spelling", "Sequences"],
];
export function Header() {
  const told = state.value;
  return (
    <header>
      <h1>
        <svg viewBox="0 0 32 20" width="38" height="24" aria-hidden="true">
          <path d="M2 10c4-7 12-7 18-1l6-5c-1 4-1 8 0 12l-6-5c-6 6-14 6-18-1z" />
          <circle cx="8" cy="9" r="1.4" />
        </svg>
        shoal lab
      </h1>
      {study.value ? <p class="epoch">{study.value.title}</p> : told?.shown ? <p class="epoch">{TITLES[told.shown.kind]}</p> : <Training />}
      <div class="ways">
        {told && (
          <nav aria-label="screens">
            {SCREENS.map(([kind, command, words]) => (
              <button key={command} class="quiet" aria-pressed={(told.shown?.kind ?? null) === kind} onClick={() => void send(command)}>
                {words}
              </button>
            ))}
          </nav>
        )}
        {!study.value && (
          <>
            <button class="quiet" onClick={() => (open.value = "lessons")}>
              Lessons
            </button>
            {!told?.shown && (
              <button class="quiet" onClick={() => (open.value = "repeat")}>
                Take away
              </button>
            )}
          </>
        )}
        <button class="quiet" onClick={() => (open.value = "keys")} aria-label="keys" title="?">
          ?
        </button>
      </div>
      {told && !told.shown && <Time />}
      {!connected.value && (
        <p class="banner" role="alert">
          The lab does not answer. If it has ended, start <code>shoal lab</code> again and open the address that it
          shows; this page keeps trying.
        </p>
      )}
      {connected.value && !steers.value && (
        <p class="banner">Another page steers this lab; this one watches. Close the other one to steer here.</p>
      )}
      {complaint.value && (
        <p class="banner complaint" role="alert">
          {complaint.value[0]!.toUpperCase() + complaint.value.slice(1)}
          <button class="quiet" onClick={() => (complaint.value = "")} aria-label="dismiss">
            ✕
          </button>
        </p>
      )}
    </header>
  );
}

function Training() {
  const told = state.value;
  return (
    <>
      <Transport
        playing={told?.playing ?? false} pace={told?.pace ?? 5} onToggle={toggle} onStep={step} onReset={reset}
        onPace={(epochs) => drag("pace", { epochs })}
      />
      <p class="epoch">
        epoch <strong data-testid="epoch">{epoch.value.toLocaleString("en")}</strong>
      </p>
    </>
  );
}
