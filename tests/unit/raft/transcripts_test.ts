/**
 * Plays tests/transcripts/raft: what happens to the nodes of a group (lines with `>`), and below
 * each what they do. `UPDATE_TRANSCRIPTS=1` writes what they do now into the files.
 *
 * They go through what can happen in a group, from elections to a disk that lost its memory. Where
 * others change several voters in one step by joint consensus, add_two_voters and replace_leader do
 * it in several steps of one voter each.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TranscriptPlayer } from "./transcript_player.ts";

const DIRECTORY = fileURLToPath(new URL("../../transcripts/raft/", import.meta.url));
const UPDATES = Deno.env.get("UPDATE_TRANSCRIPTS") === "1";

for (const { name } of [...Deno.readDirSync(DIRECTORY)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  Deno.test(`RaftNode keeps to the transcript ${name}`, () => {
    const path = `${DIRECTORY}${name}`;
    const wanted = Deno.readTextFileSync(path);
    const played = `${new TranscriptPlayer().play(wanted).trimEnd()}\n`;
    if (UPDATES) Deno.writeTextFileSync(path, played);
    else assert.equal(played, wanted);
  });
}
