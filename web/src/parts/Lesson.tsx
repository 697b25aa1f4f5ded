import { useEffect, useRef } from "preact/hooks";
import { open, send, state } from "../store.ts";
import { Dialog } from "./Dialog.tsx";

/** The step of the lesson that is open: what it says, what it asks, and what it shows once it is answered. */
export function Lesson() {
  const lesson = state.value!.lesson;
  const heading = useRef<HTMLHeadingElement>(null);
  const place = lesson && `${lesson.name} ${lesson.at}`;
  const onward = useRef<HTMLButtonElement>(null);
  const answered = useRef(false);
  useEffect(() => {
    if (place) heading.current?.focus();
  }, [place]);
  useEffect(() => {
    if (answered.current) onward.current?.focus(); // the answer that had the focus can be given no more
    answered.current = false;
  }, [lesson?.predicted]);
  if (!lesson) return null;
  const { at, steps, question, predicted } = lesson;
  const predict = (answer: number) => {
    answered.current = true;
    void send("predict", { answer });
  };
  return (
    <section class="panel lesson" aria-labelledby="lesson-title">
      <h2 id="lesson-title" tabIndex={-1} ref={heading}>
        {lesson.title}
        <small>
          step {at + 1} of {steps}
        </small>
        <button class="quiet close" onClick={() => void send("close_lesson")} aria-label="leave the lesson">
          ✕
        </button>
      </h2>
      <Paragraphs text={lesson.say} />
      {question && (
        <fieldset class="question">
          <legend>{predicted === null ? `Predict: ${question}` : question}</legend>
          {lesson.answers.map((answer, k) => (
            <button
              key={answer}
              class={verdict(k, lesson.right, predicted)}
              disabled={predicted !== null}
              onClick={() => predict(k)}
            >
              {answer}
              {k === lesson.right && <small> – so it is</small>}
              {k === predicted && k !== lesson.right && <small> – as you said</small>}
            </button>
          ))}
        </fieldset>
      )}
      <div role="status">{lesson.then && <Paragraphs text={lesson.then} />}</div>
      <p class="pages">
        <button disabled={at === 0} onClick={() => void send("page", { step: at - 1 })}>
          Back
        </button>
        {at + 1 < steps ? (
          <button
            ref={onward}
            class="main"
            disabled={!!question && predicted === null}
            onClick={() => void send("page", { step: at + 1 })}
          >
            Next
          </button>
        ) : (
          <button ref={onward} class="main" onClick={() => (open.value = "lessons")}>
            More lessons
          </button>
        )}
      </p>
    </section>
  );
}

/** The lessons that there are, to pick one. */
export function Lessons() {
  const begin = (name: string) => {
    open.value = null;
    void send("lesson", { name });
  };
  return (
    <Dialog name="lessons" title="Lessons">
      <ol class="lessons">
        {state.value!.lessons.map(({ name, title }) => (
          <li key={name}>
            <button class="link" onClick={() => begin(name)}>
              {title}
            </button>
          </li>
        ))}
      </ol>
    </Dialog>
  );
}

function Paragraphs({ text }: { text: string }) {
  return (
    <>
      {text.split("\n\n").map((one) => (
        <p key={one}>{one}</p>
      ))}
    </>
  );
}

const verdict = (k: number, right: number | null, predicted: number | null) =>
  predicted === null ? "answer" : k === right ? "answer is-right" : k === predicted ? "answer is-wrong" : "answer";
