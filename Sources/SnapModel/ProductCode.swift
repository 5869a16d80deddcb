/// What a volume was sold with. It goes from a volume to its snapshots, and from those to the volumes made of them.
package struct ProductCode: Hashable, Sendable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable { case devpay, marketplace }

    package var code: String
    package var type: Kind

    package init(code: String, type: Kind) {
        self.code = code
        self.type = type
    }

    enum CodingKeys: String, CodingKey {
        case code = "ProductCodeId"
        case type = "ProductCodeType"
    }
}

/// Where a snapshot is kept. Nothing moves one to the archive here.
package enum StorageTier: String, Sendable, Codable, CaseIterable { case standard, archive }
