/** The frame around every screen. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { WorkflowsScreen } from "../lists/WorkflowsScreen";
import { usePlace, type Place } from "./router";
import { WorkflowScreen } from "./WorkflowScreen";

const queries = new QueryClient({ defaultOptions: { queries: { retry: 1, refetchOnWindowFocus: false } } });

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Screen place={usePlace()} />
    </QueryClientProvider>
  );
}

function Screen({ place }: { place: Place }) {
  if (place.screen === "workflow") return <WorkflowScreen key={place.id} id={place.id} />;
  return <WorkflowsScreen />;
}
