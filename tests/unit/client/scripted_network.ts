import type {
  ByteStream,
  Network,
  SocketAddress,
  StreamListener,
} from "../../../src/io/network.ts";
import { Peer } from "../server/memory_network.ts";

/** A network where the test plays the broker: each dial gives it a {@link Peer} to answer with. */
export class ScriptedNetwork implements Network {
  readonly peers: Peer[] = [];
  /** What the next dials fail with. */
  readonly failures: Error[] = [];
  /** Dials wait for as long as this is set. */
  isSilent = false;
  /** Lets the dials go that waited while {@link isSilent} was set. */
  release: () => void = () => undefined;

  listen(): StreamListener {
    throw new Error("a client does not listen");
  }

  async connect(address: SocketAddress): Promise<ByteStream> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    if (this.isSilent) await new Promise<void>((resolve) => this.release = resolve);
    const peer = new Peer(address.host, { host: "10.0.0.1", port: 50_000 });
    this.peers.push(peer);
    return peer.stream;
  }
}
