// The user service: accounts, sessions, invitations and the record of what happened to them.
//
// Who asks is not in the requests: the access token travels beside the call and the service verifies it itself.
// Times are milliseconds since the Unix epoch (UTC), durations milliseconds, ids opaque strings.
// Failures are business errors with a code of docs/api.md. There are no exceptions: a client with a retry policy
// would lose them.
namespace go user

struct Account {
    1: required string id
    2: required string name          // as its owner writes it; unique regardless of case
    3: required string display_name  // may be empty
    4: required string email         // may be empty
    5: required string role          // "admin" or "listener"
    6: required bool disabled
    7: required i64 created_at
    8: required i64 updated_at
}

// One signed-in device.
struct Session {
    1: required string id
    2: required string agent    // what the device calls itself
    3: required string address  // where it last came from
    4: required i64 created_at
    5: required i64 used_at
    6: required i64 expires_at
    7: required bool current    // is it the session that asks?
}

// A code with which people may register while registration is by invitation.
struct Invite {
    1: required string id
    2: required string code
    3: required string note
    4: required i32 uses_left
    5: required i64 created_at
    6: required i64 expires_at
    7: required string created_by  // account id
}

// One line of the record.
struct AuditEvent {
    1: required string id
    2: required string kind     // "sign_in", "sign_in_failed", "password_changed", …
    3: required string account  // whom it concerns; empty for a name that does not exist
    4: required string actor    // who did it; empty for a stranger
    5: required string address
    6: required string detail
    7: required i64 at
}

// Something that makes access tokens void before they expire.
struct Revocation {
    1: required string subject  // a session id, or an account id
    2: required i64 version     // of an account: tokens below this version are void; of a session: 0
    3: required i64 at
}

// Where a request comes from, for limits and for the record.
struct Peer {
    1: required string address
    2: required string agent
}

// A page of a list. The cursor is empty for the first page, then the one that the page before gave.
struct Page {
    1: required string cursor
    2: required i32 limit  // 1 to 200
}

struct RegisterReq {
    1: required string name
    2: required string password
    3: required string display_name
    4: required string email
    5: required string invite
    6: required Peer peer
    7: required string operation  // an id that a retry repeats, so that it is not a second registration
}
struct RegisterResp { 1: required Account account }

struct LoginReq {
    1: required string name
    2: required string password
    3: required Peer peer
}
struct LoginResp { 1: required Tokens tokens }

// What a sign-in or a refresh gives.
struct Tokens {
    1: required string access_token
    2: required i64 expires_in
    3: required string refresh_token       // good for one refresh
    4: required i64 refresh_expires_in
    5: required Account account
}

struct RefreshReq {
    1: required string refresh_token
    2: required Peer peer
    3: required string operation  // an id that a retry repeats, so that it does not look like a stolen token
}
struct RefreshResp { 1: required Tokens tokens }

struct LogoutReq { 1: required Peer peer }
struct LogoutResp {}

struct GetAccountReq { 1: required string id }
struct GetAccountResp { 1: required Account account }

// Only what is set changes. Role and disabled are for administrators.
struct UpdateAccountReq {
    1: required string id
    2: optional string display_name
    3: optional string email
    4: optional string role
    5: optional bool disabled
    6: required Peer peer
}
struct UpdateAccountResp { 1: required Account account }

struct DeleteAccountReq {
    1: required string id
    2: required Peer peer
}
struct DeleteAccountResp {}

struct ChangePasswordReq {
    1: required string current_password
    2: required string new_password
    3: required Peer peer
}
struct ChangePasswordResp {}

struct SetPasswordReq {
    1: required string account
    2: required string new_password
    3: required Peer peer
}
struct SetPasswordResp {}

struct ListSessionsReq { 1: required Page page }
struct ListSessionsResp {
    1: required list<Session> items
    2: required i64 total
    3: required string next
}

struct RevokeSessionReq {
    1: required string id
    2: required Peer peer
}
struct RevokeSessionResp {}

struct CreateAccountReq {
    1: required string name
    2: required string password
    3: required string display_name
    4: required string email
    5: required string role
    6: required Peer peer
    7: required string operation
}
struct CreateAccountResp { 1: required Account account }

struct ListAccountsReq {
    1: required Page page
    2: required string query  // the beginning of a name, or empty
}
struct ListAccountsResp {
    1: required list<Account> items
    2: required i64 total
    3: required string next
}

struct CreateInviteReq {
    1: required string note
    2: required i32 uses
    3: required i64 expires_in
    4: required Peer peer
}
struct CreateInviteResp { 1: required Invite invite }

struct ListInvitesReq { 1: required Page page }
struct ListInvitesResp {
    1: required list<Invite> items
    2: required i64 total
    3: required string next
}

struct DeleteInviteReq {
    1: required string id
    2: required Peer peer
}
struct DeleteInviteResp {}

struct ListAuditReq {
    1: required Page page
    2: required string account  // only events of this account, or empty
    3: required string kind     // only events of this kind, or empty
}
struct ListAuditResp {
    1: required list<AuditEvent> items
    2: required i64 total
    3: required string next
}

struct ListRevocationsReq { 1: required i64 since }
struct ListRevocationsResp {
    1: required list<Revocation> items
    2: required i64 as_of  // what to ask for next time
}

service UserService {
    // Anyone.
    RegisterResp Register(1: RegisterReq req)
    LoginResp Login(1: LoginReq req)
    RefreshResp Refresh(1: RefreshReq req)

    // Whoever is signed in, about themselves; administrators about anybody.
    LogoutResp Logout(1: LogoutReq req)
    GetAccountResp GetAccount(1: GetAccountReq req)
    UpdateAccountResp UpdateAccount(1: UpdateAccountReq req)
    DeleteAccountResp DeleteAccount(1: DeleteAccountReq req)
    ChangePasswordResp ChangePassword(1: ChangePasswordReq req)
    ListSessionsResp ListSessions(1: ListSessionsReq req)
    RevokeSessionResp RevokeSession(1: RevokeSessionReq req)

    // Administrators.
    CreateAccountResp CreateAccount(1: CreateAccountReq req)
    ListAccountsResp ListAccounts(1: ListAccountsReq req)
    SetPasswordResp SetPassword(1: SetPasswordReq req)
    CreateInviteResp CreateInvite(1: CreateInviteReq req)
    ListInvitesResp ListInvites(1: ListInvitesReq req)
    DeleteInviteResp DeleteInvite(1: DeleteInviteReq req)
    ListAuditResp ListAudit(1: ListAuditReq req)

    // Gateways, which refuse the tokens that these void.
    ListRevocationsResp ListRevocations(1: ListRevocationsReq req)
}
