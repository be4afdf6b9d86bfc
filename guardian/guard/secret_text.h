/*
 * Secret text: does SQL hold a password? What does is kept nowhere in the clear (promise P6).
 */
#ifndef GUARDIAN_GUARD_SECRET_TEXT_H
#define GUARDIAN_GUARD_SECRET_TEXT_H

/** Where the first password's value begins: behind PASSWORD 'x', password=x, password => 'x' and
 *  option (password 'x'), in any letters. NULL: there is none that can be seen. */
const char *gd_secret_in_text(const char *text);

#endif
