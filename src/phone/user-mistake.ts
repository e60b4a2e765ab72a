/** A mistake of the user, said without a stack. */
export class UserMistake extends Error {}
