; From the boot loader to the first line of C.
;
; On entry [Multiboot 0.6.96 §3.2]: 32-bit protected mode, paging and interrupts off, no stack,
; eax = magic, ebx = physical address of the boot information.
;
; The kernel is linked at 0xC0000000 + its physical address, so paging comes first.  One directory of
; 4 MiB pages does it [SDM 3A 4.3]:
;
;       virtual                         physical
;       0x00000000 .. 0x003FFFFF        the same: the code that is running
;       0xC0000000 .. 0xF7FFFFFF        0 .. 896 MiB: the direct map
;
; mm/phys/pagetable.c replaces it.  Floor 9.  Read next: main.c

KERNEL_BASE     equ 0xC0000000
DIRECT_ENTRIES  equ 224                         ; 896 MiB in pages of 4 MiB
LARGE_PAGE      equ 0x83                        ; present, writable, 4 MiB
CR4_PSE         equ 1 << 4
CR0_PG_WP       equ 1 << 31 | 1 << 16
STACK_SIZE      equ 16384

MAGIC           equ 0x1BADB002
FLAGS           equ 1 << 0 | 1 << 1             ; modules page-aligned, memory map wanted

        extern  kernel_main
        global  _start
        global  boot_stack
        global  boot_stack_top

        section .multiboot progbits alloc noexec nowrite align=4
        dd      MAGIC
        dd      FLAGS
        dd      -(MAGIC + FLAGS)                ; the sum of the three is 0

        section .boot.text progbits alloc exec nowrite align=16
_start:
        mov     ecx, boot_directory
        mov     cr3, ecx
        mov     ecx, cr4
        or      ecx, CR4_PSE
        mov     cr4, ecx
        mov     ecx, cr0
        or      ecx, CR0_PG_WP
        mov     cr0, ecx
        mov     ecx, higher_half                ; an absolute address: a near jump would stay below
        jmp     ecx

        section .boot.data progbits alloc noexec write align=4096
boot_directory:
        dd      LARGE_PAGE
        times   (KERNEL_BASE >> 22) - 1 dd 0
%assign i 0
%rep    DIRECT_ENTRIES
        dd      i << 22 | LARGE_PAGE
%assign i i+1
%endrep
        times   1024 - (KERNEL_BASE >> 22) - DIRECT_ENTRIES dd 0

        section .text
higher_half:
        mov     esp, boot_stack_top
        xor     ebp, ebp                        ; the end of every backtrace
        mov     edx, ebx                        ; kernel_main(eax, edx): the loader's mark, the boot information
        push    ebp
        jmp     kernel_main

        section .bss align=16
boot_stack:
        resb    STACK_SIZE
boot_stack_top:

        section .note.GNU-stack noalloc noexec nowrite  ; no executable stack wanted
