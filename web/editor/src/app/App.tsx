/** The frame around every screen. */
export function App() {
  return <main className="p-6 text-ink">FlowForge</main>;
}
