/** A screen that cannot be shown, and why. */
import { ServiceError } from "../api/client";
import { Link } from "../ui/Link";
import { Header } from "./Header";

export function Failed({ error }: { error: Error }) {
  const hint = error instanceof ServiceError ? error.hint : undefined;
  const signedOut = error instanceof ServiceError && error.body.status === 401;
  return (
    <div className="screen">
      <Header />
      <main className="blank" role="alert">
        <h1>{signedOut ? "Not signed in" : "This cannot be shown"}</h1>
        <p>{error.message}</p>
        {hint && <p className="text-ink-soft">{hint}</p>}
        {signedOut ? (
          <p className="text-ink-soft">Open the link that the service printed when it started.</p>
        ) : (
          <Link href="/" className="button">
            All workflows
          </Link>
        )}
      </main>
    </div>
  );
}
