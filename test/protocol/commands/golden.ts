/**
 * Documents put together from the tables of [MS-ASWBXML] 2.1.2.1, never by our writer or code pages,
 * so that a mistake made twice in it does not pass. A line is bytes, then `;` and what they are:
 * token with content bit 0x40, 03 text 00 an inline string, C3 length bytes an opaque value, 01 the
 * end, 00 a change of code page.
 */
export const Golden = {
  syncRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    45 ; Sync
      5C ; Collections
        4F ; Collection
          4B 03 31 37 00 01 ; SyncKey 17
          52 03 35 00 01 ; CollectionId 5
          5E 03 31 00 01 ; DeletesAsMoves 1
          53 03 31 00 01 ; GetChanges 1
          55 03 31 30 30 00 01 ; WindowSize 100
          57 ; Options
            58 03 33 00 01 ; FilterType 3
            00 11 ; page AirSyncBase
            45 ; BodyPreference
              46 03 32 00 01 ; Type 2
              47 03 33 32 37 36 38 00 01 ; TruncationSize 32768
            01
            45 ; BodyPreference
              46 03 34 00 01 ; Type 4
              48 03 31 00 01 ; AllOrNone 1
              58 03 35 30 00 01 ; Preview 50
            01
            59 ; BodyPartPreference
              46 03 32 00 01 ; Type 2
            01
            00 00 ; page AirSync
            5B 03 31 00 01 ; Conflict 1
            62 03 32 00 01 ; MIMESupport 2
            63 03 38 00 01 ; MIMETruncation 8
            00 18 ; page RightsManagement
            45 03 31 00 01 ; RightsManagementSupport 1
          01
          00 00 ; page AirSync
          57 ; Options
            58 03 30 00 01 ; FilterType 0
            50 03 53 4D 53 00 01 ; Class SMS
            68 03 37 00 01 ; MaxItems 7
          01
          56 ; Commands
            48 ; Change
              4D 03 35 3A 31 00 01 ; ServerId 5:1
              5D ; ApplicationData
                00 02 ; page Email
                55 03 31 00 01 ; Read 1
                3A ; Flag
              01
            01
            00 00 ; page AirSync
            49 ; Delete
              4D 03 35 3A 32 00 01 ; ServerId 5:2
            01
            48 ; Change
              4D 03 35 3A 33 00 01 ; ServerId 5:3
              5D ; ApplicationData
                00 02 ; page Email
                55 03 30 00 01 ; Read 0
              01
            01
            00 00 ; page AirSync
            4A ; Fetch
              4D 03 35 3A 34 00 01 ; ServerId 5:4
            01
          01
        01
      01
      69 03 39 30 30 00 01 ; HeartbeatInterval 900
      55 03 32 30 30 00 01 ; WindowSize 200
      26 ; Partial
    01
  `,
  syncRequest121: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    45 ; Sync
      5C ; Collections
        4F ; Collection
          50 03 43 6F 6E 74 61 63 74 73 00 01 ; Class Contacts
          4B 03 30 00 01 ; SyncKey 0
          52 03 32 00 01 ; CollectionId 2
          60 ; Supported
            00 01 ; page Contacts
            28 ; JobTitle
            1A ; Department
          01
        01
      01
      00 00 ; page AirSync
      64 03 31 30 00 01 ; Wait 10
    01
  `,
  syncDraft: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    45 ; Sync
      5C ; Collections
        4F ; Collection
          4B 03 34 00 01 ; SyncKey 4
          52 03 33 00 01 ; CollectionId 3
          56 ; Commands
            47 ; Add
              4C 03 63 31 00 01 ; ClientId c1
              5D ; ApplicationData
                00 02 ; page Email
                56 03 61 6E 6E 61 40 65 78 61 6D 70 6C 65 2E 6F 72 67 00 01 ; To anna@example.org
                54 03 44 72 61 66 74 00 01 ; Subject Draft
                00 11 ; page AirSyncBase
                4E ; Attachments
                  5C ; Add
                    5E 03 61 31 00 01 ; ClientId a1
                    52 03 31 00 01 ; Method 1
                    57 03 74 65 78 74 2F 70 6C 61 69 6E 00 01 ; ContentType text/plain
                    5F 03 61 47 6B 3D 00 01 ; Content aGk=
                    50 03 68 69 2E 74 78 74 00 01 ; DisplayName hi.txt
                  01
                  5D ; Delete
                    51 03 66 3A 31 00 01 ; FileReference f:1
                  01
                01
                4A ; Body
                  46 03 31 00 01 ; Type 1
                  4B 03 48 65 6C 6C 6F 00 01 ; Data Hello
                01
              01
              00 16 ; page Email2
              17 ; Send
            01
          01
        01
      01
    01
  `,
  syncResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    45 ; Sync
      5C ; Collections
        4F ; Collection
          4B 03 31 38 00 01 ; SyncKey 18
          52 03 35 00 01 ; CollectionId 5
          4E 03 31 00 01 ; Status 1
          46 ; Responses
            48 ; Change
              4D 03 35 3A 39 00 01 ; ServerId 5:9
              4E 03 38 00 01 ; Status 8
            01
            4A ; Fetch
              4D 03 35 3A 34 00 01 ; ServerId 5:4
              4E 03 31 00 01 ; Status 1
              5D ; ApplicationData
                00 02 ; page Email
                55 03 31 00 01 ; Read 1
              01
            01
          01
          00 00 ; page AirSync
          14 ; MoreAvailable
          56 ; Commands
            47 ; Add
              4D 03 35 3A 31 30 00 01 ; ServerId 5:10
              5D ; ApplicationData
                00 02 ; page Email
                56 03 22 41 6E 6E 61 22 20 3C 61 6E 6E 61 40 65 78 61 6D 70 6C 65 2E 6F 72 67 3E 00 01 ; To "Anna" <anna@example.org>
                58 03 62 65 6E 40 65 78 61 6D 70 6C 65 2E 6F 72 67 00 01 ; From ben@example.org
                54 03 48 69 00 01 ; Subject Hi
                4F 03 32 30 32 36 2D 30 33 2D 30 31 54 31 32 3A 30 30 3A 30 30 2E 30 30 30 5A 00 01 ; DateReceived 2026-03-01T12:00:00.000Z
                52 03 31 00 01 ; Importance 1
                55 03 30 00 01 ; Read 0
                00 11 ; page AirSyncBase
                4E ; Attachments
                  4F ; Attachment
                    50 03 61 2E 70 64 66 00 01 ; DisplayName a.pdf
                    51 03 35 3A 31 30 3A 32 00 01 ; FileReference 5:10:2
                    52 03 31 00 01 ; Method 1
                    4C 03 34 37 31 31 00 01 ; EstimatedDataSize 4711
                  01
                01
                4A ; Body
                  46 03 31 00 01 ; Type 1
                  4C 03 35 00 01 ; EstimatedDataSize 5
                  4D 03 30 00 01 ; Truncated 0
                  4B 03 48 65 6C 6C 6F 00 01 ; Data Hello
                  58 03 48 65 6C 00 01 ; Preview Hel
                01
                00 02 ; page Email
                53 03 49 50 4D 2E 4E 6F 74 65 00 01 ; MessageClass IPM.Note
                79 03 36 35 30 30 31 00 01 ; InternetCPID 65001
                7A ; Flag
                  00 09 ; page Tasks
                  60 03 43 61 6C 6C 00 01 ; Subject Call
                  00 02 ; page Email
                  7B 03 32 00 01 ; Status 2
                  7D 03 66 6F 72 20 46 6F 6C 6C 6F 77 20 55 70 00 01 ; FlagType for Follow Up
                  00 09 ; page Tasks
                  4C 03 32 30 32 36 2D 30 33 2D 30 32 54 30 30 3A 30 30 3A 30 30 2E 30 30 30 5A 00 01 ; DueDate 2026-03-02T00:00:00.000Z
                  4D 03 32 30 32 36 2D 30 33 2D 30 31 54 32 33 3A 30 30 3A 30 30 2E 30 30 30 5A 00 01 ; UtcDueDate 2026-03-01T23:00:00.000Z
                  5B 03 30 00 01 ; ReminderSet 0
                01
                00 02 ; page Email
                7C 03 75 72 6E 3A 63 6F 6E 74 65 6E 74 2D 63 6C 61 73 73 65 73 3A 6D 65 73 73 61 67 65 00 01 ; ContentClass urn:content-classes:message
                00 11 ; page AirSyncBase
                56 03 31 00 01 ; NativeBodyType 1
                00 16 ; page Email2
                49 C3 10 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 01 ; ConversationId bytes
                4A C3 05 DC A9 72 EE 15 01 ; ConversationIndex bytes
                4B 03 31 00 01 ; LastVerbExecuted 1
                00 02 ; page Email
                5B ; Categories
                  5C 03 52 65 64 00 01 ; Category Red
                  5C 03 42 6C 75 65 00 01 ; Category Blue
                01
              01
            01
            00 00 ; page AirSync
            49 ; Delete
              4D 03 35 3A 37 00 01 ; ServerId 5:7
            01
            61 ; SoftDelete
              4D 03 35 3A 38 00 01 ; ServerId 5:8
            01
          01
        01
      01
    01
  `,
  syncLimit: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    45 ; Sync
      4E 03 31 34 00 01 ; Status 14
      65 03 33 35 34 30 00 01 ; Limit 3540
    01
  `,
  folderSyncRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 07 ; page FolderHierarchy
    56 ; FolderSync
      52 03 30 00 01 ; SyncKey 0
    01
  `,
  folderSyncResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 07 ; page FolderHierarchy
    56 ; FolderSync
      4C 03 31 00 01 ; Status 1
      52 03 31 00 01 ; SyncKey 1
      4E ; Changes
        57 03 33 00 01 ; Count 3
        51 ; Update
          48 03 37 00 01 ; ServerId 7
          49 03 35 00 01 ; ParentId 5
          47 03 4E 65 75 00 01 ; DisplayName Neu
          4A 03 31 32 00 01 ; Type 12
        01
        50 ; Delete
          48 03 38 00 01 ; ServerId 8
        01
        4F ; Add
          48 03 35 00 01 ; ServerId 5
          49 03 30 00 01 ; ParentId 0
          47 03 49 6E 62 6F 78 00 01 ; DisplayName Inbox
          4A 03 32 00 01 ; Type 2
        01
      01
    01
  `,
  folderCreateRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 07 ; page FolderHierarchy
    53 ; FolderCreate
      52 03 33 00 01 ; SyncKey 3
      49 03 30 00 01 ; ParentId 0
      47 03 47 72 C3 B6 C3 9F 65 00 01 ; DisplayName Größe
      4A 03 31 32 00 01 ; Type 12
    01
  `,
  folderCreateResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 07 ; page FolderHierarchy
    53 ; FolderCreate
      4C 03 31 00 01 ; Status 1
      52 03 34 00 01 ; SyncKey 4
      48 03 39 00 01 ; ServerId 9
    01
  `,
  folderUpdateRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 07 ; page FolderHierarchy
    55 ; FolderUpdate
      52 03 34 00 01 ; SyncKey 4
      48 03 39 00 01 ; ServerId 9
      49 03 35 00 01 ; ParentId 5
      47 03 41 00 01 ; DisplayName A
    01
  `,
  folderUpdateResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 07 ; page FolderHierarchy
    55 ; FolderUpdate
      4C 03 31 00 01 ; Status 1
      52 03 35 00 01 ; SyncKey 5
    01
  `,
  folderDeleteRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 07 ; page FolderHierarchy
    54 ; FolderDelete
      52 03 35 00 01 ; SyncKey 5
      48 03 39 00 01 ; ServerId 9
    01
  `,
  folderDeleteResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 07 ; page FolderHierarchy
    54 ; FolderDelete
      4C 03 34 00 01 ; Status 4
    01
  `,
  pingRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0D ; page Ping
    45 ; Ping
      48 03 34 38 30 00 01 ; HeartbeatInterval 480
      49 ; Folders
        4A ; Folder
          4B 03 35 00 01 ; Id 5
          4C 03 45 6D 61 69 6C 00 01 ; Class Email
        01
        4A ; Folder
          4B 03 32 00 01 ; Id 2
          4C 03 43 6F 6E 74 61 63 74 73 00 01 ; Class Contacts
        01
      01
    01
  `,
  pingResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0D ; page Ping
    45 ; Ping
      47 03 32 00 01 ; Status 2
      49 ; Folders
        4A 03 35 00 01 ; Folder 5
        4A 03 32 00 01 ; Folder 2
      01
    01
  `,
  pingLimits: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0D ; page Ping
    45 ; Ping
      47 03 35 00 01 ; Status 5
      4D 03 33 30 30 00 01 ; MaxFolders 300
      48 03 36 30 00 01 ; HeartbeatInterval 60
    01
  `,
  getItemEstimateRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 06 ; page GetItemEstimate
    45 ; GetItemEstimate
      47 ; Collections
        48 ; Collection
          00 00 ; page AirSync
          4B 03 31 37 00 01 ; SyncKey 17
          00 06 ; page GetItemEstimate
          4A 03 35 00 01 ; CollectionId 5
          00 00 ; page AirSync
          67 03 30 00 01 ; ConversationMode 0
          57 ; Options
            50 03 45 6D 61 69 6C 00 01 ; Class Email
            58 03 32 00 01 ; FilterType 2
          01
        01
      01
    01
  `,
  getItemEstimateRequest121: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 06 ; page GetItemEstimate
    45 ; GetItemEstimate
      47 ; Collections
        48 ; Collection
          49 03 45 6D 61 69 6C 00 01 ; Class Email
          4A 03 35 00 01 ; CollectionId 5
          00 00 ; page AirSync
          58 03 32 00 01 ; FilterType 2
          4B 03 31 37 00 01 ; SyncKey 17
        01
      01
    01
  `,
  getItemEstimateResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 06 ; page GetItemEstimate
    45 ; GetItemEstimate
      4D ; Response
        4E 03 31 00 01 ; Status 1
        48 ; Collection
          4A 03 35 00 01 ; CollectionId 5
          4C 03 34 32 00 01 ; Estimate 42
        01
      01
    01
  `,
  provisionRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0E ; page Provision
    45 ; Provision
      00 12 ; page Settings
      56 ; DeviceInformation
        48 ; Set
          57 03 50 69 78 65 6C 00 01 ; Model Pixel
          58 03 34 39 30 31 35 34 32 30 33 32 33 37 35 31 38 00 01 ; IMEI 490154203237518
          59 03 4D 79 20 70 68 6F 6E 65 00 01 ; FriendlyName My phone
          5A 03 41 6E 64 72 6F 69 64 20 31 36 00 01 ; OS Android 16
          60 03 41 6E 64 72 6F 69 64 2D 4D 61 69 6C 2F 31 00 01 ; UserAgent Android-Mail/1
        01
      01
      00 0E ; page Provision
      46 ; Policies
        47 ; Policy
          48 03 4D 53 2D 45 41 53 2D 50 72 6F 76 69 73 69 6F 6E 69 6E 67 2D 57 42 58 4D 4C 00 01 ; PolicyType MS-EAS-Provisioning-WBXML
        01
      01
    01
  `,
  provisionAcknowledgement: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0E ; page Provision
    45 ; Provision
      46 ; Policies
        47 ; Policy
          48 03 4D 53 2D 45 41 53 2D 50 72 6F 76 69 73 69 6F 6E 69 6E 67 2D 57 42 58 4D 4C 00 01 ; PolicyType MS-EAS-Provisioning-WBXML
          49 03 31 33 30 37 31 39 39 35 38 34 00 01 ; PolicyKey 1307199584
          4B 03 31 00 01 ; Status 1
        01
      01
    01
  `,
  provisionResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0E ; page Provision
    45 ; Provision
      00 12 ; page Settings
      56 ; DeviceInformation
        46 03 31 00 01 ; Status 1
      01
      00 0E ; page Provision
      4B 03 31 00 01 ; Status 1
      46 ; Policies
        47 ; Policy
          48 03 4D 53 2D 45 41 53 2D 50 72 6F 76 69 73 69 6F 6E 69 6E 67 2D 57 42 58 4D 4C 00 01 ; PolicyType MS-EAS-Provisioning-WBXML
          4B 03 31 00 01 ; Status 1
          49 03 31 33 30 37 31 39 39 35 38 34 00 01 ; PolicyKey 1307199584
          4A ; Data
            4D ; EASProvisionDoc
              4E 03 31 00 01 ; DevicePasswordEnabled 1
              4F 03 30 00 01 ; AlphanumericDevicePasswordRequired 0
              53 03 31 00 01 ; AttachmentsEnabled 1
              54 03 36 00 01 ; MinDevicePasswordLength 6
              55 03 39 30 30 00 01 ; MaxInactivityTimeDeviceLock 900
              17 ; MaxAttachmentSize
              64 03 32 00 01 ; AllowBluetooth 2
              6B 03 2D 31 00 01 ; MaxEmailBodyTruncationSize -1
              77 ; UnapprovedInROMApplicationList
                78 03 67 61 6D 65 2E 65 78 65 00 01 ; ApplicationName game.exe
              01
            01
          01
        01
      01
    01
  `,
  provisionWipe: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0E ; page Provision
    45 ; Provision
      4B 03 31 00 01 ; Status 1
      3B ; AccountOnlyRemoteWipe
    01
  `,
  provisionWipeDone: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0E ; page Provision
    45 ; Provision
      4C ; RemoteWipe
        4B 03 31 00 01 ; Status 1
      01
    01
  `,
  itemOperationsRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 14 ; page ItemOperations
    45 ; ItemOperations
      46 ; Fetch
        47 03 4D 61 69 6C 62 6F 78 00 01 ; Store Mailbox
        00 00 ; page AirSync
        52 03 35 00 01 ; CollectionId 5
        4D 03 35 3A 31 00 01 ; ServerId 5:1
        00 14 ; page ItemOperations
        48 ; Options
          50 ; Schema
            00 02 ; page Email
            14 ; Subject
            00 11 ; page AirSyncBase
            0A ; Body
          01
          00 00 ; page AirSync
          62 03 32 00 01 ; MIMESupport 2
          00 11 ; page AirSyncBase
          45 ; BodyPreference
            46 03 34 00 01 ; Type 4
          01
        01
      01
      00 14 ; page ItemOperations
      52 ; EmptyFolderContents
        00 00 ; page AirSync
        52 03 34 00 01 ; CollectionId 4
        00 14 ; page ItemOperations
        48 ; Options
          13 ; DeleteSubFolders
        01
      01
      46 ; Fetch
        47 03 4D 61 69 6C 62 6F 78 00 01 ; Store Mailbox
        00 11 ; page AirSyncBase
        51 03 35 3A 31 30 3A 32 00 01 ; FileReference 5:10:2
        00 14 ; page ItemOperations
        48 ; Options
          49 03 30 2D 31 30 32 33 00 01 ; Range 0-1023
        01
      01
      56 ; Move
        58 C3 02 01 02 01 ; ConversationId bytes
        57 03 36 00 01 ; DstFldId 6
        48 ; Options
          19 ; MoveAlways
        01
      01
    01
  `,
  itemOperationsResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 14 ; page ItemOperations
    45 ; ItemOperations
      4D 03 31 00 01 ; Status 1
      4E ; Response
        56 ; Move
          4D 03 31 00 01 ; Status 1
          58 C3 02 01 02 01 ; ConversationId bytes
        01
        52 ; EmptyFolderContents
          4D 03 31 00 01 ; Status 1
          00 00 ; page AirSync
          52 03 34 00 01 ; CollectionId 4
        01
        00 14 ; page ItemOperations
        46 ; Fetch
          4D 03 31 00 01 ; Status 1
          00 00 ; page AirSync
          52 03 35 00 01 ; CollectionId 5
          4D 03 35 3A 31 00 01 ; ServerId 5:1
          50 03 45 6D 61 69 6C 00 01 ; Class Email
          00 14 ; page ItemOperations
          4B ; Properties
            00 02 ; page Email
            54 03 48 69 00 01 ; Subject Hi
            00 11 ; page AirSyncBase
            4A ; Body
              46 03 34 00 01 ; Type 4
              4C 03 39 00 01 ; EstimatedDataSize 9
              00 14 ; page ItemOperations
              51 03 31 00 01 ; Part 1
            01
          01
        01
        46 ; Fetch
          4D 03 31 00 01 ; Status 1
          00 11 ; page AirSyncBase
          51 03 35 3A 31 30 3A 32 00 01 ; FileReference 5:10:2
          00 14 ; page ItemOperations
          4B ; Properties
            00 11 ; page AirSyncBase
            57 03 61 70 70 6C 69 63 61 74 69 6F 6E 2F 70 64 66 00 01 ; ContentType application/pdf
            00 14 ; page ItemOperations
            49 03 30 2D 31 00 01 ; Range 0-1
            4A 03 34 37 31 31 00 01 ; Total 4711
            4C 03 4A 56 41 3D 00 01 ; Data JVA=
          01
        01
        46 ; Fetch
          4D 03 31 35 00 01 ; Status 15
          00 11 ; page AirSyncBase
          51 03 78 00 01 ; FileReference x
        01
      01
    01
  `,
  sendMailRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 15 ; page ComposeMail
    45 ; SendMail
      51 03 34 32 00 01 ; ClientId 42
      08 ; SaveInSentItems
      50 C3 0B 54 6F 3A 20 61 0D 0A 0D 0A 00 FF 01 ; Mime bytes
    01
  `,
  sendMailResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 15 ; page ComposeMail
    45 ; SendMail
      52 03 31 32 30 00 01 ; Status 120
    01
  `,
  smartReplyRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 15 ; page ComposeMail
    47 ; SmartReply
      51 03 34 33 00 01 ; ClientId 43
      4B ; Source
        4C 03 35 00 01 ; FolderId 5
        4D 03 35 3A 31 00 01 ; ItemId 5:1
        4F 03 32 30 32 36 2D 30 33 2D 30 31 54 31 32 3A 30 30 3A 30 30 2E 30 30 30 5A 00 01 ; InstanceId 2026-03-01T12:00:00.000Z
      01
      53 03 61 63 63 00 01 ; AccountId acc
      09 ; ReplaceMime
      50 C3 02 0D 0A 01 ; Mime bytes
    01
  `,
  smartReplyResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 15 ; page ComposeMail
    47 ; SmartReply
      52 03 31 35 30 00 01 ; Status 150
    01
  `,
  smartForwardRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 15 ; page ComposeMail
    46 ; SmartForward
      51 03 34 34 00 01 ; ClientId 44
      4B ; Source
        4E 03 52 67 41 41 00 01 ; LongId RgAA
      01
      08 ; SaveInSentItems
      00 11 ; page AirSyncBase
      4A ; Body
        46 03 31 00 01 ; Type 1
        4B 03 53 65 65 20 62 65 6C 6F 77 00 01 ; Data See below
      01
      00 15 ; page ComposeMail
      55 ; Forwardees
        56 ; Forwardee
          58 03 62 65 6E 40 65 78 61 6D 70 6C 65 2E 6F 72 67 00 01 ; Email ben@example.org
          57 03 42 65 6E 00 01 ; Name Ben
        01
      01
    01
  `,
  smartForwardResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 15 ; page ComposeMail
    46 ; SmartForward
      52 03 31 37 38 00 01 ; Status 178
    01
  `,
  settingsRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 12 ; page Settings
    45 ; Settings
      6B ; RightsManagementInformation
        07 ; Get
      01
      49 ; Oof
        47 ; Get
          53 03 54 45 58 54 00 01 ; BodyType TEXT
        01
        48 ; Set
          4A 03 32 00 01 ; OofState 2
          4B 03 32 30 32 36 2D 30 33 2D 30 31 54 31 32 3A 30 30 3A 30 30 2E 30 30 30 5A 00 01 ; StartTime 2026-03-01T12:00:00.000Z
          4C 03 32 30 32 36 2D 30 33 2D 30 38 54 31 32 3A 30 30 3A 30 30 2E 30 30 30 5A 00 01 ; EndTime 2026-03-08T12:00:00.000Z
          4D ; OofMessage
            0E ; AppliesToInternal
            51 03 31 00 01 ; Enabled 1
            52 03 41 77 61 79 00 01 ; ReplyMessage Away
            53 03 54 45 58 54 00 01 ; BodyType TEXT
          01
        01
      01
      54 ; DevicePassword
        48 ; Set
          55 03 31 32 33 34 00 01 ; Password 1234
        01
      01
      56 ; DeviceInformation
        48 ; Set
          57 03 50 69 78 65 6C 00 01 ; Model Pixel
          61 03 30 00 01 ; EnableOutboundSMS 0
        01
      01
      5D ; UserInformation
        07 ; Get
      01
    01
  `,
  settingsResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 12 ; page Settings
    45 ; Settings
      46 03 31 00 01 ; Status 1
      6B ; RightsManagementInformation
        46 03 31 00 01 ; Status 1
        47 ; Get
          00 18 ; page RightsManagement
          46 ; RightsManagementTemplates
            47 ; RightsManagementTemplate
              54 03 74 31 00 01 ; TemplateID t1
              55 03 53 65 63 72 65 74 00 01 ; TemplateName Secret
              56 03 4E 6F 74 20 66 6F 72 20 6F 74 68 65 72 73 00 01 ; TemplateDescription Not for others
            01
          01
        01
      01
      00 12 ; page Settings
      49 ; Oof
        46 03 31 00 01 ; Status 1
        47 ; Get
          4A 03 30 00 01 ; OofState 0
          4D ; OofMessage
            10 ; AppliesToExternalUnknown
            51 03 30 00 01 ; Enabled 0
          01
        01
      01
      54 ; DevicePassword
        46 03 37 00 01 ; Status 7
      01
      56 ; DeviceInformation
        46 03 31 00 01 ; Status 1
      01
      5D ; UserInformation
        46 03 31 00 01 ; Status 1
        47 ; Get
          64 ; Accounts
            65 ; Account
              66 03 31 00 01 ; AccountId 1
              68 03 41 6E 6E 61 00 01 ; UserDisplayName Anna
              69 03 30 00 01 ; SendDisabled 0
              5E ; EmailAddresses
                5F 03 61 6E 6E 61 40 65 78 61 6D 70 6C 65 2E 6F 72 67 00 01 ; SMTPAddress anna@example.org
                63 03 61 6E 6E 61 40 65 78 61 6D 70 6C 65 2E 6F 72 67 00 01 ; PrimarySmtpAddress anna@example.org
              01
            01
          01
        01
      01
    01
  `,
  settingsResponse121: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 12 ; page Settings
    45 ; Settings
      46 03 31 00 01 ; Status 1
      5D ; UserInformation
        46 03 31 00 01 ; Status 1
        47 ; Get
          5E ; EmailAddresses
            5F 03 61 6E 6E 61 40 65 78 61 6D 70 6C 65 2E 6F 72 67 00 01 ; SMTPAddress anna@example.org
          01
        01
      01
    01
  `,
  searchRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0F ; page Search
    45 ; Search
      47 ; Store
        48 03 47 41 4C 00 01 ; Name GAL
        49 03 61 6E 6E 61 00 01 ; Query anna
        4A ; Options
          4B 03 30 2D 31 39 00 01 ; Range 0-19
        01
      01
    01
  `,
  searchMailbox: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0F ; page Search
    45 ; Search
      47 ; Store
        48 03 4D 61 69 6C 62 6F 78 00 01 ; Name Mailbox
        49 ; Query
          53 ; And
            55 03 62 75 64 67 65 74 00 01 ; FreeText budget
            00 00 ; page AirSync
            50 03 45 6D 61 69 6C 00 01 ; Class Email
            52 03 35 00 01 ; CollectionId 5
            00 0F ; page Search
            5B ; GreaterThan
              00 02 ; page Email
              0F ; DateReceived
              00 0F ; page Search
              52 03 32 30 32 36 2D 30 31 2D 30 31 54 30 30 3A 30 30 3A 30 30 2E 30 30 30 5A 00 01 ; Value 2026-01-01T00:00:00.000Z
            01
          01
        01
        4A ; Options
          00 11 ; page AirSyncBase
          45 ; BodyPreference
            46 03 31 00 01 ; Type 1
          01
          00 0F ; page Search
          4B 03 30 2D 39 00 01 ; Range 0-9
          17 ; DeepTraversal
          19 ; RebuildResults
        01
      01
    01
  `,
  searchResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0F ; page Search
    45 ; Search
      4C 03 31 00 01 ; Status 1
      4D ; Response
        47 ; Store
          4C 03 31 00 01 ; Status 1
          4E ; Result
            4F ; Properties
              00 10 ; page Gal
              45 03 41 6E 6E 61 00 01 ; DisplayName Anna
              46 03 31 32 33 00 01 ; Phone 123
              4F 03 61 6E 6E 61 40 65 78 61 6D 70 6C 65 2E 6F 72 67 00 01 ; EmailAddress anna@example.org
              50 ; Picture
                51 03 31 00 01 ; Status 1
                52 C3 02 FF D8 01 ; Data bytes
              01
            01
          01
          00 0F ; page Search
          4B 03 30 2D 30 00 01 ; Range 0-0
          50 03 31 00 01 ; Total 1
        01
      01
    01
  `,
  findRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 19 ; page Find
    45 ; Find
      46 03 37 00 01 ; SearchId 7
      47 ; ExecuteSearch
        48 ; MailBoxSearchCriterion
          49 ; Query
            00 00 ; page AirSync
            50 03 45 6D 61 69 6C 00 01 ; Class Email
            52 03 35 00 01 ; CollectionId 5
            00 19 ; page Find
            4B 03 62 75 64 67 65 74 00 01 ; FreeText budget
          01
          4C ; Options
            4D 03 30 2D 39 00 01 ; Range 0-9
            0E ; DeepTraversal
          01
        01
      01
    01
  `,
  findGal: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 19 ; page Find
    45 ; Find
      46 03 38 00 01 ; SearchId 8
      47 ; ExecuteSearch
        59 ; GalSearchCriterion
          49 03 61 6E 6E 61 00 01 ; Query anna
          4C ; Options
            62 ; Picture
              61 03 31 30 30 30 30 00 01 ; MaxSize 10000
              60 03 33 00 01 ; MaxPictures 3
            01
          01
        01
      01
    01
  `,
  findResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 19 ; page Find
    45 ; Find
      4A 03 31 00 01 ; Status 1
      51 ; Response
        00 14 ; page ItemOperations
        47 03 4D 61 69 6C 62 6F 78 00 01 ; Store Mailbox
        00 19 ; page Find
        4A 03 31 00 01 ; Status 1
        52 ; Result
          00 00 ; page AirSync
          50 03 45 6D 61 69 6C 00 01 ; Class Email
          4D 03 35 3A 31 00 01 ; ServerId 5:1
          52 03 35 00 01 ; CollectionId 5
          00 19 ; page Find
          53 ; Properties
            00 02 ; page Email
            54 03 42 75 64 67 65 74 00 01 ; Subject Budget
            4F 03 32 30 32 36 2D 30 33 2D 30 31 54 31 32 3A 30 30 3A 30 30 2E 30 30 30 5A 00 01 ; DateReceived 2026-03-01T12:00:00.000Z
            55 03 31 00 01 ; Read 1
            00 16 ; page Email2
            55 03 30 00 01 ; IsDraft 0
            00 19 ; page Find
            54 03 44 65 61 72 00 01 ; Preview Dear
            55 03 31 00 01 ; HasAttachments 1
            00 02 ; page Email
            58 03 62 65 6E 40 65 78 61 6D 70 6C 65 2E 6F 72 67 00 01 ; From ben@example.org
          01
        01
        00 19 ; page Find
        4D 03 30 2D 30 00 01 ; Range 0-0
        56 03 31 00 01 ; Total 1
      01
    01
  `,
  moveItemsRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 05 ; page Move
    45 ; MoveItems
      46 ; Move
        47 03 35 3A 31 00 01 ; SrcMsgId 5:1
        48 03 35 00 01 ; SrcFldId 5
        49 03 36 00 01 ; DstFldId 6
      01
    01
  `,
  moveItemsResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 05 ; page Move
    45 ; MoveItems
      4A ; Response
        47 03 35 3A 31 00 01 ; SrcMsgId 5:1
        4B 03 33 00 01 ; Status 3
        4C 03 36 3A 31 00 01 ; DstMsgId 6:1
      01
    01
  `,
  meetingResponseRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 08 ; page MeetingResponse
    47 ; MeetingResponse
      49 ; Request
        4C 03 31 00 01 ; UserResponse 1
        46 03 35 00 01 ; CollectionId 5
        48 03 35 3A 31 00 01 ; RequestId 5:1
        4E 03 32 30 32 36 2D 30 33 2D 30 31 54 31 32 3A 30 30 3A 30 30 2E 30 30 30 5A 00 01 ; InstanceId 2026-03-01T12:00:00.000Z
        52 ; SendResponse
          00 11 ; page AirSyncBase
          4A ; Body
            46 03 31 00 01 ; Type 1
            4B 03 4F 4B 00 01 ; Data OK
          01
          00 08 ; page MeetingResponse
          50 03 32 30 32 36 30 33 30 31 54 31 33 30 30 30 30 5A 00 01 ; ProposedStartTime 20260301T130000Z
          51 03 32 30 32 36 30 33 30 31 54 31 34 30 30 30 30 5A 00 01 ; ProposedEndTime 20260301T140000Z
        01
      01
    01
  `,
  meetingResponseResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 08 ; page MeetingResponse
    47 ; MeetingResponse
      4A ; Result
        48 03 35 3A 31 00 01 ; RequestId 5:1
        4B 03 31 00 01 ; Status 1
        45 03 31 3A 37 00 01 ; CalendarId 1:7
      01
    01
  `,
  resolveRecipientsRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0A ; page ResolveRecipients
    45 ; ResolveRecipients
      50 03 61 6E 6E 61 00 01 ; To anna
      50 03 62 65 6E 00 01 ; To ben
      4F ; Options
        51 03 32 00 01 ; CertificateRetrieval 2
        54 03 31 30 00 01 ; MaxAmbiguousRecipients 10
        56 ; Availability
          57 03 32 30 32 36 2D 30 33 2D 30 31 54 31 32 3A 30 30 3A 30 30 2E 30 30 30 5A 00 01 ; StartTime 2026-03-01T12:00:00.000Z
          58 03 32 30 32 36 2D 30 33 2D 30 31 54 31 33 3A 30 30 3A 30 30 2E 30 30 30 5A 00 01 ; EndTime 2026-03-01T13:00:00.000Z
        01
        5A ; Picture
          5B 03 31 30 30 00 01 ; MaxSize 100
        01
      01
    01
  `,
  resolveRecipientsResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0A ; page ResolveRecipients
    45 ; ResolveRecipients
      47 03 31 00 01 ; Status 1
      46 ; Response
        50 03 61 6E 6E 61 00 01 ; To anna
        47 03 31 00 01 ; Status 1
        52 03 31 00 01 ; RecipientCount 1
        49 ; Recipient
          48 03 31 00 01 ; Type 1
          4A 03 41 6E 6E 61 00 01 ; DisplayName Anna
          4B 03 61 6E 6E 61 40 65 78 61 6D 70 6C 65 2E 6F 72 67 00 01 ; EmailAddress anna@example.org
          56 ; Availability
            47 03 31 00 01 ; Status 1
            59 03 30 32 00 01 ; MergedFreeBusy 02
          01
          4C ; Certificates
            47 03 31 00 01 ; Status 1
            55 03 31 00 01 ; CertificateCount 1
            52 03 31 00 01 ; RecipientCount 1
            4D 03 4D 49 49 42 00 01 ; Certificate MIIB
          01
          5A ; Picture
            47 03 31 00 01 ; Status 1
            5C C3 02 FF D8 01 ; Data bytes
          01
        01
      01
    01
  `,
  validateCertRequest: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0B ; page ValidateCert
    45 ; ValidateCert
      48 ; CertificateChain
        47 03 4D 49 49 43 00 01 ; Certificate MIIC
      01
      46 ; Certificates
        47 03 4D 49 49 42 00 01 ; Certificate MIIB
      01
      49 03 31 00 01 ; CheckCRL 1
    01
  `,
  validateCertResponse: `
    03 01 6A 00 ; version 1.3, public identifier 1, UTF-8, no string table
    00 0B ; page ValidateCert
    45 ; ValidateCert
      4A 03 31 00 01 ; Status 1
      47 ; Certificate
        4A 03 33 00 01 ; Status 3
        4A 03 31 33 00 01 ; Status 13
      01
    01
  `,
} as const;

/** Name of a document. */
export type GoldenName = keyof typeof Golden;

/** The bytes of a document. */
export const goldenBytes = (name: GoldenName): Uint8Array =>
  Uint8Array.from(
    Golden[name]
      .split('\n')
      .flatMap((line) => (line.split(';', 1)[0] as string).trim().split(/\s+/))
      .filter((byte) => byte !== ''),
    (byte) => Number.parseInt(byte, 16),
  );
