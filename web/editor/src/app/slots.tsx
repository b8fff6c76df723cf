/** The rooms beside the canvas. Each is a chunk of its own, read when it is first shown. */
import { lazy } from "react";

export const Inspector = lazy(async () => ({ default: (await import("../panel/Inspector")).Inspector }));
export const RunDock = lazy(async () => ({ default: (await import("../run/RunDock")).RunDock }));
// In the inspector's chunk, with all of the forms: a chunk of its own would put what both share into the first load.
export const InputForm = lazy(async () => ({ default: (await import("../panel/Inspector")).InputForm }));

export const AiSettings = lazy(async () => ({ default: (await import("../ai/AiSettings")).AiSettings }));
export const RunsScreen = lazy(async () => ({ default: (await import("../lists/RunsScreen")).RunsScreen }));
export const DashboardScreen = lazy(async () => ({
  default: (await import("../lists/DashboardScreen")).DashboardScreen,
}));

export const People = lazy(async () => ({ default: (await import("../collab/People")).People }));
export const CompanyLayer = lazy(async () => ({ default: (await import("../collab/Layer")).Layer }));

export const ProposalChips = lazy(async () => ({
  default: (await import("../collab/proposals/ProposalChips")).ProposalChips,
}));

export const ThreadList = lazy(async () => ({
  default: (await import("../collab/comments/ThreadList")).ThreadList,
}));

export const VersionBar = lazy(async () => ({ default: (await import("../history/VersionBar")).VersionBar }));
export const BranchOf = lazy(async () => ({ default: (await import("../history/BranchOf")).BranchOf }));
export const PublishButton = lazy(async () => ({ default: (await import("../history/PublishButton")).PublishButton }));
