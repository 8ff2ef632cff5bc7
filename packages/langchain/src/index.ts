export { eventsOfMessages, type MessageReading } from "./messages/message-events.ts";
