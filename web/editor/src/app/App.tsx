/** The frame around every screen. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Suspense, useEffect } from "react";
import { heedRight } from "../api/session";
import { WorkflowsScreen } from "../lists/WorkflowsScreen";
import { Link } from "../ui/Link";
import { Said } from "../ui/say";
import { Header } from "./Header";
import { useKeys } from "./keys";
import { nextPane } from "./panes";
import { openOverlay, useOverlay } from "./overlays";
import { Overlays } from "./Overlays";
import { usePlace, type Place } from "./router";
import { RunScreen } from "./RunScreen";
import { AiSettings, DashboardScreen, RunsScreen } from "./slots";
import { WorkflowScreen } from "./WorkflowScreen";

const queries = new QueryClient({ defaultOptions: { queries: { retry: 1, refetchOnWindowFocus: false } } });

export function App() {
  useEffect(() => void heedRight(), []);
  useKeys({
    help: () => openOverlay("help"),
    palette: () => openOverlay(useOverlay.getState().open === "commands" ? "none" : "commands"),
    nextPane,
  });
  return (
    <QueryClientProvider client={queries}>
      <Suspense>
        <Screen place={usePlace()} />
      </Suspense>
      <Overlays />
      <Said />
    </QueryClientProvider>
  );
}

function Screen({ place }: { place: Place }) {
  switch (place.screen) {
    case "workflows":
      return <WorkflowsScreen />;
    case "workflow":
      return <WorkflowScreen key={place.id} place={place} />;
    case "run":
      return <RunScreen key={place.id} place={place} />;
    case "runs":
      return (
        <Listed>
          <RunsScreen />
        </Listed>
      );
    case "dashboard":
      return (
        <Listed>
          <DashboardScreen />
        </Listed>
      );
    case "settings":
      return (
        <Listed>
          <AiSettings />
        </Listed>
      );
    case "unknown":
      return <NothingHere path={place.path} />;
  }
}

function Listed({ children }: { children: React.ReactNode }) {
  return (
    <div className="screen">
      <Header />
      <main className="min-h-0 overflow-auto">
        <Suspense>{children}</Suspense>
      </main>
    </div>
  );
}

function NothingHere({ path }: { path: string }) {
  return (
    <div className="screen">
      <Header />
      <main className="blank">
        <h1>Nothing is here</h1>
        <p className="text-ink-soft">
          There is no page at <code>{path}</code>.
        </p>
        <Link href="/" className="button">
          All workflows
        </Link>
      </main>
    </div>
  );
}
