/** WWW-Authenticate of every 401; user and password are UTF-8 ([RFC7617] 2.1). */
export const Challenge = 'Basic realm="Postrider", charset="UTF-8"';
