/**
 * Where the shapes by hand in `types.ts` and those that are generated from the service's OpenAPI (`npm run api`) drift
 * apart, this file does not compile: every field that the editor reads must be one that the service answers with.
 */
import type { components } from "./schema";
import type {
  ExecutionFrame,
  Failure,
  NodeMoment,
  NodeSpec,
  Place,
  Port,
  Problem,
  RunDetail,
  RunRow,
  SearchHit,
  TimelineColumns,
} from "./types";
import type { WorkflowRow } from "./workflows";

type Schemas = components["schemas"];
/** The fields that only the editor knows. */
type Unknown<Ours, Theirs> = Exclude<keyof Ours, keyof Theirs>;
type Agrees<T extends never> = T;

export type Drift = [
  Agrees<Unknown<WorkflowRow, Schemas["WorkflowRow"]>>,
  Agrees<Unknown<RunRow, Schemas["RunRow"]>>,
  Agrees<Unknown<RunDetail, Schemas["RunDetail"]>>,
  Agrees<Unknown<ExecutionFrame, Schemas["ExecutionFrame"]>>,
  Agrees<Unknown<NodeMoment, Schemas["NodeMoment"]>>,
  Agrees<Unknown<NodeSpec, Schemas["NodeSpec"]>>,
  Agrees<Unknown<Port, Schemas["Port"]>>,
  Agrees<Unknown<Problem, Schemas["Problem"]>>,
  Agrees<Unknown<Place, Schemas["Place"]>>,
  Agrees<Unknown<Failure, Schemas["Failure"]>>,
  Agrees<Unknown<SearchHit, Schemas["Hit"]>>,
  Agrees<Unknown<TimelineColumns, Schemas["Timeline"]>>,
];
