package errno

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// A code reads by itself: domain (1 everyone, 2 user, 3 music), HTTP status, running number.
var (
	Missing      = define(140001, http.StatusBadRequest, "The value is missing.")
	BadJSON      = define(140002, http.StatusBadRequest, "The body is not valid JSON.")
	UnknownField = define(140003, http.StatusBadRequest, "There is no such field here.")
	WrongType    = define(140004, http.StatusBadRequest, "The value has the wrong type.")
	BadText      = define(140005, http.StatusBadRequest, "Text is UTF-8 without NUL characters.")
	BadCursor    = define(140006, http.StatusBadRequest, "The cursor is not one of ours.")
	OutOfRange   = define(140007, http.StatusBadRequest, "The value is out of range.")

	NotSignedIn  = define(140101, http.StatusUnauthorized, "Sign in first.")
	SessionEnded = define(140102, http.StatusUnauthorized, "The session has ended. Sign in again.")
	AdminsOnly   = define(140301, http.StatusForbidden, "Only an administrator may do that.")
	CrossOrigin  = define(140302, http.StatusForbidden, "The request comes from another site.")
	NotFound     = define(140401, http.StatusNotFound, "There is no such thing.")
	NoRoute      = define(140402, http.StatusNotFound, "There is nothing at this address.")
	WrongMethod  = define(140501, http.StatusMethodNotAllowed, "This address does not answer that method.")
	TooLarge     = define(141301, http.StatusRequestEntityTooLarge, "The body is too large.")
	TooMany      = define(142901, http.StatusTooManyRequests, "Too many attempts. Wait a little.")

	Internal    = define(150001, http.StatusInternalServerError, "Something went wrong on our side.")
	Unavailable = define(150301, http.StatusServiceUnavailable, "A part of the system is away. Try again in a moment.")
	OtherSecret = define(150302, http.StatusServiceUnavailable, "The parts of the system do not have the same secret.")
	StorageFull = define(150701, http.StatusInsufficientStorage, "The storage is full. Nothing was changed.")
)

// Failures of the user service.
var (
	WrongPassword      = define(240101, http.StatusUnauthorized, "Wrong name or password.")
	AccountDisabled    = define(240301, http.StatusForbidden, "The account is disabled.")
	RegistrationClosed = define(240302, http.StatusForbidden, "Registration is closed.")
	BadInvite          = define(240303, http.StatusForbidden, "Registration needs a valid invitation code.")
	WrongCurrent       = define(240304, http.StatusForbidden, "The current password is wrong.")
	NameTaken          = define(240901, http.StatusConflict, "That name is taken.")
	LastAdmin          = define(240902, http.StatusConflict, "There must be at least one administrator.")
	WeakPassword       = define(242201, http.StatusUnprocessableEntity, "A password has 8 to 128 characters.")
	CommonPassword     = define(242202, http.StatusUnprocessableEntity, "That password is too easy to guess.")
	BadName            = define(242203, http.StatusUnprocessableEntity, "A name has 3 to 32 letters, digits, dots, hyphens or underscores.")
	BadDisplayName     = define(242204, http.StatusUnprocessableEntity, "A display name has at most 64 characters.")
	BadEmail           = define(242205, http.StatusUnprocessableEntity, "That is not an e-mail address.")
	BadRole            = define(242206, http.StatusUnprocessableEntity, "A role is admin or listener.")
	BadInviteTerms     = define(242207, http.StatusUnprocessableEntity, "An invitation has 1 to 1000 uses, lasts at most a year and has a note of at most 200 characters.")
)

var byCode = map[int32]*Error{}

// define enters a failure into the vocabulary. Defining a code twice, or with digits that contradict the status, is a
// programming mistake that every start of the program shows.
func define(code int32, status int, message string) *Error {
	if _, dup := byCode[code]; dup || int(code)/100%1000 != status {
		panic(fmt.Sprintf("errno: code %d is defined twice or does not hold status %d", code, status))
	}
	e := &Error{code: code, status: status, message: message}
	byCode[code] = e
	return e
}

// All returns the whole vocabulary, ordered by code.
func All() []*Error {
	return slices.SortedFunc(maps.Values(byCode), func(a, b *Error) int { return int(a.code - b.code) })
}
