import SnapModel
import Testing

@testable import SnapEngine

@Suite struct PageTokenTests {
    private static let query = SnapshotQuery(filters: [ResourceFilter(name: "status", values: ["pending", "error"])])

    private static func code(_ body: () throws -> Void) -> EngineError.Code? {
        do { try body() } catch let error as EngineError { return error.code } catch { return nil }
        return nil
    }

    @Test func `a token brings its place back, for its own query only`() throws {
        let seal = PageToken.seal(of: Self.query)
        let place = SnapshotPosition(startTime: Timestamp(millisecondsSinceEpoch: -5), recordNumber: 7)
        let token = PageToken.text(of: place, seal)
        #expect(try PageToken.snapshotPosition(token, seal) == place)
        // The page is no part of the query; everything else is.
        var paged = Self.query
        paged.page = PageRequest(maxResults: 9, nextToken: token)
        #expect(try PageToken.snapshotPosition(token, PageToken.seal(of: paged)) == place)
        var others = [SnapshotQuery(), Self.query, Self.query]
        others[1].filters = [
            ResourceFilter(name: "status", values: ["pending"]), ResourceFilter(name: "error", values: []),
        ]
        others[2].ownerIDs = ["self"]
        for other in others {
            let seal = PageToken.seal(of: other)
            #expect(Self.code { _ = try PageToken.snapshotPosition(token, seal) } == .invalidPageToken)
        }
    }

    @Test func `a tag's key may hold anything`() throws {
        let seal = PageToken.seal(of: TagQuery())
        for key in ["a b", " ", "夜", "a\nb"] {
            let place = TagPosition(resourceID: "snap-1", key: key)
            #expect(try PageToken.tagPosition(PageToken.text(of: place, seal), seal) == place)
        }
    }

    /// Each character changed, left out or doubled.
    @Test func `no other text is a token`() {
        let seal = PageToken.seal(of: Self.query)
        let token = Array(
            PageToken.text(of: SnapshotPosition(startTime: Timestamp(millisecondsSinceEpoch: 1), recordNumber: 2), seal)
        )
        var texts = ["", "0", "xyz", String(repeating: "0", count: 64)]
        for index in token.indices {
            var changed = token
            changed[index] = changed[index] == "0" ? "1" : "0"
            texts.append(String(changed))
            texts.append(String(token[..<index] + token[(index + 1)...]))
            texts.append(String(token[...index] + token[index...]))
        }
        for text in texts {
            #expect(Self.code { _ = try PageToken.snapshotPosition(text, seal) } == .invalidPageToken, "\(text)")
        }
    }

    @Test(arguments: [(nil, nil), (5, 5), (1_000, 1_000), (1_001, 1_000), (.max, 1_000)] as [(Int?, Int?)])
    func `pages have 5 to 1000`(asked: Int?, limit: Int?) throws {
        #expect(try PageRequest(maxResults: asked).limit() == limit)
    }

    @Test(arguments: [4, 1, 0, -1, .min])
    func `a page of fewer is refused`(asked: Int) {
        #expect(Self.code { _ = try PageRequest(maxResults: asked).limit() } == .invalidParameter)
    }

    @Test func `filters are checked`() throws {
        let many = ResourceFilter(name: "status", values: Array(repeating: "a", count: FilterReading.valueLimit))
        let filters: [FieldFilter<SnapshotField>] = try FilterReading.filters([many])
        #expect(filters[0].patterns.count == FilterReading.valueLimit)
        let one = ResourceFilter(name: "status", values: ["a"])
        #expect(
            Self.code { let _: [FieldFilter<SnapshotField>] = try FilterReading.filters([many, one]) }
                == .filterLimitExceeded)
        for name in ["bogus", "", "Status", "key"] {
            let wrong = ResourceFilter(name: name, values: ["a"])
            #expect(
                Self.code { let _: [FieldFilter<SnapshotField>] = try FilterReading.filters([wrong]) }
                    == .invalidParameter)
        }
    }
}
