import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Comm } from "../comm.ts";
import { dragging } from "../dragging.ts";
import type { Looking } from "../looking.ts";
import type { Inspected, Knobs, Shown } from "../state.ts";
import { named } from "../walk.ts";
import { Columns } from "./Columns.tsx";
import { Slider } from "./fields.tsx";
import { Fork } from "./Fork.tsx";
import { Inspector } from "./Inspector.tsx";
import { Multiples } from "./Multiples.tsx";
import { Picked } from "./Picked.tsx";
import { inWords, Track } from "./Track.tsx";
import { Transport } from "./Transport.tsx";

/** What a kernel tells of the runs that it holds, as shoal/lab/notebook/ tells it. */
export interface Told extends Shown {
  /** Two after a fork; λ is null where each network has its own, and where nothing trains. */
  sides: { choice: { network: number; threshold: number | null } | null; l2: number | null }[];
  title: string;
  sizes: string;
  /** What networks are compared by. */
  error: string;
  words: string[];
  note: string;
  /** Whether the picked network can be looked into. */
  inspectable: boolean;
  inspected: Inspected | null;
  /** Null where nothing trains. */
  training: {
    playing: boolean;
    pace: number;
    epoch: number;
    epochs: number;
    /** Epochs that can be gone to. */
    first: number;
    furthest: number;
    goes_back: boolean;
    journal: (Partial<Knobs> & { epoch: number })[];
    active: number;
    ended: boolean;
    rated: boolean;
    l2: number | null;
    weight_decay: number | null;
    learning_rate: number | null;
  } | null;
}

interface Props {
  looking: Looking<Told>;
  comm: Comm;
  complaint: Signal<string>;
}

/** A shoal in a notebook: every network by its error and as a picture, the picked one, and what may be turned. */
export function Widget({ looking, comm, complaint }: Props) {
  const drag = useMemo(() => dragging((name, fields) => comm.ask(name, fields)), [comm]);
  const looksInside = useSignal(false);
  const inside = looksInside.value;
  useEffect(() => {
    if (inside) return () => void comm.ask("close_inspector");
  }, [inside]);
  const told = looking.state.value;
  if (!told?.design) return null;
  const { training, material, sides } = told;
  const forked = sides.length > 1;
  const inspect = async () => (looksInside.value = await comm.ask("inspect"));
  const sentence = complaint.value || told.note;
  return (
    <div class="widget" role="region" aria-label={told.title}>
      {training && (
        <>
          <div class="bar">
            <Transport
              playing={training.playing} pace={training.pace} ended={training.ended}
              onToggle={() => comm.ask(training.playing ? "pause" : "start")} onStep={() => comm.ask("step", { epochs: 1 })}
              onPace={(epochs) => comm.ask("pace", { epochs })}
            />
            <Epoch looking={looking} training={training} networks={told.design.hidden.length * told.design.starts * sides.length} />
          </div>
          <div class="time" role="group" aria-label="time and forks">
            <Time looking={looking} training={training} onSeek={(epoch) => drag("seek", { epoch })} />
            <Fork
              l2={sides.map(({ l2 }) => l2)} disabled={training.ended || !training.epoch}
              onFork={(l2) => comm.ask("fork", { l2 })} onKeep={(side) => comm.ask("join", { side })}
            />
          </div>
          <div class="knobs">
            {sides.map(({ l2 }, side) => (
              <Knob
                key={side} label={forked ? `λ of ${"AB"[side]} (L2)` : "λ (L2)"} value={l2} least={1e-4} most={100} disabled={training.ended}
                onValue={(l2) => drag("turn", forked ? { side, l2 } : { l2 })}
              />
            ))}
            {training.rated && (
              <>
                <Knob label="learning rate" value={training.learning_rate} least={1e-5} most={1} disabled={training.ended} onValue={(learning_rate) => drag("turn", { learning_rate })} />
                <Knob label="weight decay" value={training.weight_decay} least={1e-6} most={0.1} disabled={training.ended} onValue={(weight_decay) => drag("turn", { weight_decay })} />
              </>
            )}
          </div>
        </>
      )}
      {sentence && (
        <p class="banner complaint" role="alert">
          {sentence[0]!.toUpperCase() + sentence.slice(1)}
        </p>
      )}
      <div class="both">
        <div class="side">
          <Columns error={told.error} sizes={told.sizes} />
          {told.words.map((words) => (
            <p key={words} class="quiet-text">
              {words}
            </p>
          ))}
          {material.kind !== "none" && <Multiples />}
        </div>
        <Picked error={told.error} onInspect={told.inspectable ? inspect : undefined} />
      </div>
      <Inspector
        told={told.inspected} of={named(told.design, told.picked)} shown={inside} epoch={training && training.epoch} forked={forked}
        onLook={(fields) => drag("inspect", fields)} onStep={() => comm.ask("step", { epochs: 1 })} onClose={() => (looksInside.value = false)}
      />
    </div>
  );
}

/** The way back: the epochs since the run was shown. */
function Time({ looking, training, onSeek }: { looking: Looking<Told>; training: NonNullable<Told["training"]>; onSeek: (epoch: number) => unknown }) {
  looking.drawn.value; // follows the frames
  const epoch = looking.seen()[0]?.epoch ?? training.epoch;
  const { first, furthest, epochs, goes_back, journal } = training;
  return (
    <Track
      first={first} epoch={epoch} furthest={Math.max(furthest, epoch)} epochs={epochs} disabled={!goes_back}
      marks={journal.map((entry) => ({ at: entry.epoch, text: inWords(entry) }))} onSeek={onSeek}
    />
  );
}

function Epoch({ looking, training, networks }: { looking: Looking<Told>; training: NonNullable<Told["training"]>; networks: number }) {
  looking.drawn.value; // follows the frames
  const epoch = looking.seen()[0]?.epoch ?? training.epoch;
  return (
    <p class="epoch" role="status">
      epoch <strong data-testid="epoch">{epoch.toLocaleString("en")}</strong> of {training.epochs.toLocaleString("en")}, {training.active.toLocaleString("en")} of{" "}
      {networks.toLocaleString("en")} train on
    </p>
  );
}

interface KnobProps {
  label: string;
  value: number | null;
  least: number;
  most: number;
  disabled: boolean;
  onValue: (value: number) => unknown;
}

/** A strength of all networks; where each has its own, none is shown until one is given to all. */
function Knob({ value, ...rest }: KnobProps) {
  return <Slider {...rest} log value={value ?? 0} hint={value === null ? "each network has its own; a value given here is for all" : undefined} />;
}
