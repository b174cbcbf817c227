import type { Broker } from "../broker/broker.ts";
import type { BrokerRegistration } from "../metadata/image/brokers_image.ts";
import type { ConnectionContext } from "./route.ts";

/** Where a client is told to find a broker. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * The address of `registration` for the client at the other end of `connection`: on the listener
 * that it came in on. Where nothing is advertised for this broker, that is the address which the
 * client dialled, so that a broker needs no setting to be found behind any of its addresses.
 */
export function endpointFor(
  broker: Broker,
  connection: ConnectionContext,
  registration: BrokerRegistration,
): Endpoint | undefined {
  const { listenerName, localHost, localPort } = connection;
  // Of a request that another broker handed on, the address that was dialled is not known here.
  if (registration.id === broker.identity.brokerId && localHost !== "") {
    const advertised = broker.settings.advertised.get(listenerName);
    return advertised ?? { host: localHost, port: localPort };
  }
  return registration.endpoints.find(({ name }) => name === listenerName);
}
