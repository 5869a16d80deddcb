/// Who, besides its owner, may create volumes from a snapshot. Kept as EBS keeps it, for whoever serves several accounts.
package enum CreateVolumePermission: Hashable, Sendable {
    /// An account: 12 digits.
    case user(String)
    /// Everybody: EBS's group `all`.
    case all

    package static let groupName = "all"
    package static let accountDigitCount = 12

    /// An account of 12 digits; nil for anything else.
    package init?(account: String) {
        let isDigits = account.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isDigits, account.utf8.count == Self.accountDigitCount else { return nil }
        self = .user(account)
    }

    /// As it is written in records: the account, or `all`.
    package var grantee: String {
        switch self {
        case .user(let account): account
        case .all: Self.groupName
        }
    }

    /// Parses `grantee`.
    package init?(grantee: String) {
        if grantee == Self.groupName { self = .all } else { self.init(account: grantee) }
    }
}

extension CreateVolumePermission: Comparable {
    package static func < (left: Self, right: Self) -> Bool { left.grantee < right.grantee }
}
