/** One turn: what a person said, what was done for the answer, the answer, what it proposes and what it cost. */
import { Check, CircleAlert, LoaderCircle } from "lucide-react";
import type { LiveTurn } from "./liveTurn";
import { ProposalCard } from "./ProposalCard";
import { Receipts } from "./Receipts";
import { visible } from "./words";

interface TurnProps {
  turn: LiveTurn;
  isLast: boolean;
  onAnswer: (text: string) => void;
}

export function TurnView({ turn, isLast, onAnswer }: TurnProps) {
  const { answer, tools, question, proposals, problem, isAnswering, isStopped } = turn;
  const isSilent = isAnswering && answer === "" && tools.length === 0;
  return (
    <article className="ai-turn" aria-busy={isAnswering}>
      <p className="ai-asked">{turn.text}</p>
      {tools.length > 0 && (
        <ul className="ai-steps" aria-label="Steps">
          {tools.map((tool, at) => (
            <li key={at} data-ok={tool.ok}>
              {tool.ok ? <Check size={12} aria-label="done" /> : <CircleAlert size={12} aria-label="failed" />}
              <span>
                {tool.name} <span className="ai-step-about">{visible(tool.about)}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
      {isSilent && (
        <p className="ai-quiet">
          <LoaderCircle size={13} className="spin" aria-hidden /> Thinking…
        </p>
      )}
      {/* The model's words: text and nothing else. */}
      {answer !== "" && answer !== problem?.detail && <p className="ai-answer">{visible(answer)}</p>}
      {question && (
        <Choices
          question={question}
          isSaid={answer.trimEnd().endsWith(question.text)}
          isOpen={isLast && !isAnswering}
          onAnswer={onAnswer}
        />
      )}
      {proposals.map((id) => (
        <ProposalCard key={id} id={id} onAgain={() => onAnswer(turn.text)} />
      ))}
      {turn.applied.length > 0 && (
        <p className="ai-quiet">Applied: {turn.applied.map((sentence) => visible(sentence)).join(" · ")}</p>
      )}
      {isStopped && <p className="ai-quiet">Stopped.</p>}
      {problem && (
        <p className="ai-problem" role="alert">
          {visible(problem.detail)}
          {problem.hint && <span className="ai-quiet"> {problem.hint}</span>}
        </p>
      )}
      {!isAnswering && <Receipts receipts={turn.receipts} by={turn.by} />}
    </article>
  );
}

interface ChoicesProps {
  question: NonNullable<LiveTurn["question"]>;
  /** The answer ends with it. */
  isSaid: boolean;
  isOpen: boolean;
  onAnswer: (text: string) => void;
}

function Choices({ question: { text, choices }, isSaid, isOpen, onAnswer }: ChoicesProps) {
  return (
    <div className="ai-question" role="group" aria-label={text}>
      {!isSaid && <p>{visible(text)}</p>}
      {choices.map((choice) => (
        <button key={choice} type="button" className="ai-choice" disabled={!isOpen} onClick={() => onAnswer(choice)}>
          {visible(choice)}
        </button>
      ))}
    </div>
  );
}
