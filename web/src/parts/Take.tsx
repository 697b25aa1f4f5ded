import { copy } from "../copy.ts";
import { complaint } from "../store.ts";

/** Fetches what the lab makes and hands it to the browser as a file; a refusal is shown as its sentence. */
async function take(path: string): Promise<void> {
  const answer = await fetch(path);
  if (!answer.ok) {
    complaint.value = await answer.text();
    return;
  }
  complaint.value = "";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = `shoal-${path.slice(1)}`;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** What can be taken away: the page as it is, and the picked network for other programs. */
export function Take({ folder }: { folder: boolean }) {
  if (copy) return null;
  return (
    <p class="pair take">
      <button onClick={() => void take("/page.html")}>Save as page</button>
      <button onClick={() => void take("/network.onnx")}>The picked network as ONNX</button>
      {folder && <button onClick={() => void take("/network.zip")}>as a folder for shoal predict</button>}
    </p>
  );
}
