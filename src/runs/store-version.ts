/** Version of the store's files; a reader accepts its own and older ones. */
export const storeVersion = 1;
