/** The node types of the workspace at the service. */
import { post } from "../../api/client";
import type { components } from "../../api/schema";
import type { Workflow } from "../../api/types";

export type Reusable = components["schemas"]["Reusable"];

export interface NewType {
  workflow: string;
  draft: Workflow;
  node: string;
  name: string;
  title: string;
  description: string;
  /** Only run the tests and show what would be made. */
  check: boolean;
}

export const makeType = (wish: NewType) => post<Reusable>("/node-types", wish);
