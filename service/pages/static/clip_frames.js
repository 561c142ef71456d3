// The frames of a piece: one file of JPEGs, fetched once, cut into pictures as they are needed.

import { send } from "./service.js";

export function framesOf({ frames_url, offsets }) {
  const file = send("GET", frames_url).then((response) => response.blob());
  const bitmaps = new Map(), urls = new Map();
  const jpeg = async (number) => (await file).slice(offsets[number], offsets[number + 1], "image/jpeg");
  return {
    ready: file,
    // A picture to draw; those that were drawn stay decoded.
    bitmap(number) {
      if (!bitmaps.has(number)) bitmaps.set(number, jpeg(number).then((blob) => createImageBitmap(blob)));
      return bitmaps.get(number);
    },
    async url(number) {
      if (!urls.has(number)) urls.set(number, URL.createObjectURL(await jpeg(number)));
      return urls.get(number);
    },
    async close() {
      for (const url of urls.values()) URL.revokeObjectURL(url);
      for (const bitmap of bitmaps.values()) (await bitmap).close();
    },
  };
}
